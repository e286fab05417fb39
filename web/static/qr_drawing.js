// Draws a QR code as one SVG path, with the quiet zone that readers need. The code itself is made by uqr (vendor/, MIT).

import { encode } from "./vendor/uqr-0.1.3.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules of white around a code (ISO/IEC 18004)

// Level Q, as agent/entry/qr_picture.py: a phone's code is then version 3, which a cheap camera reads. Links may be larger.
export function drawCode(text, level = "Q") {
  const code = encode(text, { ecc: level, border: QUIET });
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", `0 0 ${code.size} ${code.size}`);
  drawn.setAttribute("shape-rendering", "crispEdges");
  drawn.setAttribute("aria-hidden", "true");
  drawn.dataset.version = code.version;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", code.data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join(""));
  drawn.append(path);
  return drawn;
}
