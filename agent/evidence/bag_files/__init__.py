"""Files that go into every bag as they are: the two verifiers and the texts of README.txt."""
