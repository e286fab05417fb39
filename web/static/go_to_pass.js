// A link that was used up, opened once more by the phone that used it: on to the pass. (An iPhone's icon keeps the first address.)

import { keptPass } from "./pass_store.js";

const { pass } = document.querySelector("script[data-pass]").dataset;
if (await keptPass().catch(() => undefined)) location.replace(pass);
