//! Every code a caller can meet: its status, what it means and what to do. Codes are promised:
//! never rename or reuse one.

/// One code's page.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
    /// Whether the same request may succeed later, unchanged and under the same key.
    pub retryable: bool,
    /// What to do, for the person who meets it.
    pub remedy: &'static str,
}

/// The page of a code. None: there is no such code.
pub fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().copied().find(|it| it.code == code)
}

macro_rules! pages {
    ($($name:ident $code:literal $status:literal $retryable:literal $title:literal $remedy:literal;)*) => {
        $(pub(crate) const $name: &Page = &Page {
            code: $code, status: $status, title: $title, retryable: $retryable, remedy: $remedy,
        };)*
        /// All pages, in the order of the documentation.
        pub const PAGES: &[&Page] = &[$($name),*];
    };
}

pages! {
    NOT_JSON "not_json" 400 false "The body is not JSON" "Send one JSON object (a batch: an array, or one object a line). Nothing was read; the key is still free.";
    NOT_UTF8 "not_utf8" 400 false "The body is not UTF-8" "Send text in UTF-8. The message says at which byte it ends being so.";
    INVALID_FIELD "invalid_field" 400 false "A field cannot be read" "Correct the field named by `field`; `detail` says what it must be.";
    MISSING_FIELD "missing_field" 400 false "A field is missing" "Add the field named by `field`.";
    UNKNOWN_FIELD "unknown_field" 400 false "A field is not known" "Remove or correct the field named by `field`; `detail` lists the known ones. Nothing is silently ignored.";
    DUPLICATE_FIELD "duplicate_field" 400 false "A field stands twice" "Send the field named by `field` once.";
    UNKNOWN_COMMAND "unknown_command" 400 false "No such command" "Use one of the commands that `detail` lists.";
    KEY_MISSING "idempotency_key_missing" 400 false "A command needs an idempotency key" "Send the header `Idempotency-Key` or the field `id`: a text of your own, new for every command and the same on every retry of it.";
    KEY_MISMATCH "idempotency_key_mismatch" 400 false "Two different idempotency keys" "The header and the field `id` name two keys. Send one of them, or the same twice.";
    EMPTY_BATCH "empty_batch" 400 false "The batch has no command" "Send at least one command.";
    TOO_MANY_COMMANDS "too_many_commands" 400 false "Too many commands in one batch" "Send at most 10,000 commands in one call.";
    BATCH_INVALID "batch_invalid" 400 false "An item of an atomic batch cannot be read" "Correct the items listed in `invalid`; nothing of the batch was booked.";
    NOT_FOUND "not_found" 404 false "Nothing is there" "Check the address, and the name at its end.";
    METHOD_NOT_ALLOWED "method_not_allowed" 405 false "The address does not take this method" "Use a method that the header `Allow` lists.";
    GONE "gone" 410 false "What was asked for is not kept any more" "Read what there is now, then go on with `after` one below `oldest`. What came before it, of notices, is in the entries.";
    TOO_MANY_SUBSCRIBERS "too_many_subscribers" 503 true "All seats for subscribers are taken" "Wait as long as `Retry-After` says and connect again, at the place you reached; end streams that nobody reads, or raise feed.subscribers_max.";
    REQUEST_TIMEOUT "request_timeout" 408 true "The request did not arrive in time" "Send the whole request faster, or in smaller parts.";
    BODY_TOO_LARGE "body_too_large" 413 false "The body is too large" "Send at most `bytes_max` bytes; cut a batch into several.";
    FILE_UNREADABLE "file_unreadable" 422 false "The file cannot be read" "Correct what `complaints` lists, each with its line and column, or the feed's profile, and send the file again. Nothing of it was booked.";
    MEDIA_TYPE "unsupported_media_type" 415 false "The body has another type" "Send application/json, or application/x-ndjson for a batch of one command a line; a supplier's file as application/octet-stream.";
    KEY_REUSED "idempotency_key_reused" 422 false "The key was used for another command" "A key belongs to one command for ever. Take a new key for a new command; for a retry send exactly what was sent first. `field` names what differs.";
    POSITION_NOT_REACHED "position_not_reached" 504 true "The position was not reached in time" "Ask again, wait longer with `wait_ms`, or check the position: it may not exist yet.";
    OVERLOADED "overloaded" 429 true "The ledger is busy" "Nothing was booked. Wait as long as `Retry-After` says and send the same again.";
    UNAVAILABLE "unavailable" 503 true "The ledger cannot answer now" "Nothing was booked. Send the same again, under the same key.";
    OUTCOME_UNKNOWN "outcome_unknown" 503 true "It is not known whether the command was booked" "Send exactly the same again, under the same key: it is booked at most once, and the answer then says which.";
    HALTED "halted" 503 false "The ledger has stopped itself" "What is stored cannot be proved intact, or another server writes here. An operator has to look: `detail` and the server's log say why.";

    CONTRADICTION "contradiction" 422 false "The command contradicts itself" "Correct the field named by `field`.";
    OCCURRED_AT "occurred_at_out_of_range" 422 false "The claimed time is out of range" "Correct the clock, or leave `occurred_at` out.";
    DUPLICATE_IN_BATCH "duplicate_in_batch" 422 false "A line stands twice" "Sum the lines, or name them differently.";
    UNKNOWN_SKU "unknown_sku" 422 false "No item has this SKU" "Register the item, or correct the spelling: SKUs are compared exactly.";
    UNKNOWN_LOCATION "unknown_location" 422 false "No location has this name" "Register the location, or correct the spelling.";
    LOCATION_CLOSED "location_closed" 409 false "The location is closed" "Use another location.";
    UNKNOWN_CHANNEL "unknown_channel" 422 false "No channel has this name" "Register the channel, or correct the spelling.";
    UNKNOWN_ORDER "unknown_order" 422 false "No order has this number" "Correct the number. To record goods that left all the same, name SKU and location.";
    UNKNOWN_LINE "unknown_line" 422 false "The order has no such line" "Name a line of the order.";
    UNKNOWN_HOLD "unknown_hold" 422 false "No hold has this name" "Correct the name, or hold anew.";
    UNKNOWN_HOLD_LINE "unknown_hold_line" 422 false "The hold has no such line" "Name a line of the hold.";
    UNKNOWN_TRANSFER "unknown_transfer" 422 false "No transfer has this name" "Correct the name.";
    NOT_IN_TRANSFER "not_in_transfer" 422 false "The transfer carries no such item" "Correct the SKU; what arrived besides is received with receive_stock.";
    UNKNOWN_POOL "unknown_pool" 422 false "No pool has this name" "Open the pool, or correct the spelling.";
    UNKNOWN_TRANCHE "unknown_tranche" 422 false "The pool has no such tranche" "Name a tranche of the pool.";
    NOT_A_KIT "not_a_kit" 422 false "The item is no kit" "Define it as a kit, or name one.";
    UNKNOWN_SUPPLIER "unknown_supplier" 422 false "No supplier has this name" "Set the supplier with set_supplier, or correct the spelling.";
    UNKNOWN_FEED "unknown_feed" 422 false "No feed has this name" "Set the feed with set_feed, or correct the spelling.";
    UNKNOWN_TIER "unknown_tier" 422 false "The feed has no such tier" "Name a tier of the feed, or set it with set_feed.";
    UNKNOWN_SNAPSHOT "unknown_snapshot" 422 false "No such snapshot is held" "Name a snapshot that is held: `feeds/{feed}` shows it.";
    UNKNOWN_DISCREPANCY "unknown_discrepancy" 422 false "No discrepancy has this number" "Correct the number: the inbox, `discrepancies`, shows it.";
    UNKNOWN_HANDOVER "unknown_handover" 422 false "The supplier was handed over nothing under this name" "Correct the name: `suppliers/{supplier}/handovers` shows it.";
    UNKNOWN_POSITION "unknown_position" 422 false "Nothing is recorded at that position" "Correct the position.";
    NO_LOCATION "no_location" 422 false "It is not said where from" "Name a location on the line, or a channel that has locations.";
    ITEM_CLOSED "item_closed" 409 false "The item is closed" "Nothing of it can be promised any more; sell another item.";
    POOL_CLOSED "pool_closed" 409 false "The pool is closed, or past its end" "Open a new pool under another name.";
    TRANCHE_RELEASED "tranche_already_released" 409 false "The tranche is released" "Nothing is left to do; `position` names the entry.";
    ALREADY_EXISTS "already_exists" 409 false "The name is taken" "Choose another name, or leave it: it exists.";
    SNAPSHOT_RECORDED "snapshot_already_recorded" 409 false "The feed has a snapshot of this name" "If `same` is true nothing is left to do; else the supplier used a name or control number twice: ask it, and send the file under another name.";
    DISCREPANCY_SETTLED "discrepancy_settled" 409 false "The discrepancy is settled" "Nothing is left to do. To decide anew: what was kept is reopened with settle_discrepancy; what was counted is undone with reverse_entry, by the position of its entry.";
    HANDOVER_CONFIRMED "handover_already_confirmed" 409 false "The supplier confirmed it before" "Nothing is left to do; what turns out short later is cancelled or relocated by order.";
    LINE_ALREADY_COMMITTED "line_already_committed" 409 false "The order line is booked already" "If `same` is true nothing is left to do; else cancel the line first, or name a new one.";
    LINE_OF_ANOTHER_ITEM "line_of_another_item" 409 false "The line was committed for another item" "Correct the line or the SKU.";
    HOLD_EXPIRED "hold_expired" 409 false "The hold has expired" "What it held was not free any more. Hold or commit what is there.";
    HOLD_RELEASED "hold_already_released" 409 false "The hold was released" "Hold anew.";
    HOLD_CONVERTED "hold_already_converted" 409 false "The hold became an order" "Use the order named by `order`.";
    EXCEEDS_HELD "exceeds_held" 409 false "More than is held" "Release at most `held`.";
    EXCEEDS_COMMITTED "exceeds_committed" 409 false "More than is committed" "Cancel at most `committed`; what was shipped comes back as a return.";
    EXCEEDS_SHIPPED "exceeds_shipped" 409 false "More than was shipped" "Undo at most `shipped`.";
    EXCEEDS_POOLED "exceeds_pooled" 409 false "More than the pool holds" "Take at most `pooled`.";
    INSUFFICIENT_STOCK "insufficient_stock" 409 false "Too little stock is free" "Ask for at most `available` of each line, or wait for stock and send it under a new key.";
    OVERSELL_LIMIT "oversell_limit_reached" 409 false "What may be promised beyond the stock is promised" "Ask for at most `available` of each line, raise the limit with set_policy, or wait for stock.";
    STALE_EXPECTATION "stale_expectation" 409 false "The book says another number than expected" "Read the number again and decide anew, under a new key.";
    BOOK_MOVED "book_moved" 409 true "The book moved while the count was looked up" "Send the same again, under the same key.";
    SNAPSHOT_MOVED "snapshot_moved" 409 true "The book moved while the snapshot was compared with it" "Send the same again, under the same key.";
    TRANSFER_CLOSED "transfer_closed" 409 false "The transfer is done" "Nothing is in transit any more; book what else arrives with receive_stock.";
    LOCATION_NOT_EMPTY "location_not_empty" 409 false "The location is not empty" "Move the units and settle the claims first; `first` names one item.";
    ITEM_NOT_EMPTY "item_not_empty" 409 false "The item still has units or claims" "Move, ship or write off its units first, and settle its claims; `location` names one place.";
    ALREADY_REVERSED "already_reversed" 409 false "The entry was undone before" "Nothing is left to do.";
    NOT_REVERSIBLE "not_reversible" 409 false "Such an entry is not undone this way" "Use the command named by `instead`.";
    BALANCE_TOO_LARGE "balance_too_large" 422 false "The balance would be too large" "Check the unit of the quantity.";
    BATCH_REFUSED "batch_refused" 409 true "Another command of the batch was refused" "Nothing of the batch was booked. Correct the item at `index` and send the batch again.";
}
