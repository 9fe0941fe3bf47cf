//! Which item a code that nobody knows may mean.
