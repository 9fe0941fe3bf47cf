//! What suppliers send: each format in its own file, all read into the same lines.
//!
//! A reader calls a sink for each line and keeps nothing of the file but what it must, so that a
//! million lines need no more memory than ten. A file is read to its end even where something is
//! wrong with it: people want to hear of all their mistakes at once.
