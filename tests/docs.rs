//! What the pages say is tried out: every example body is read, and booked in the order of the page.
