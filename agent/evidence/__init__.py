"""What leaves the shop and proves itself: the bag, its report, its encryption, and how it is verified (docs/evidence.md)."""
