"""Who comes in by which code: tokens, passes, the reader, the gate that matches codes to people at the entrance, the door."""
