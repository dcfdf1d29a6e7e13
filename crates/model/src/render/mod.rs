//! Views of the data: text, one line, DOT.
