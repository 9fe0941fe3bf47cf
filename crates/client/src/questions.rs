//! Questions: what a channel may sell, what lies where, and all that HTTP has an address for.

use onhand_proto::v1;
use onhand_proto::v1::queries_client::QueriesClient;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::error::Failed;
use crate::{Client, Error, Ledger};

/// Most items of one call.
const SKUS_MAX: usize = 1_000;

impl Ledger {
    fn queries(&self) -> QueriesClient<Channel> {
        let most = self.caller.settings.answer_bytes_max;
        QueriesClient::new(self.channel.clone()).max_decoding_message_size(most)
    }

    fn name(&self) -> String {
        self.caller.ledger.to_string()
    }

    /// What the channel may sell of each item, in their order; as of `min_position` or later.
    ///
    /// # Errors
    /// Unknown ledger or channel, or the position is not reached.
    pub async fn availability(
        &self,
        channel: &str,
        skus: &[impl AsRef<str>],
        min_position: u64,
    ) -> Result<Vec<v1::AvailabilityRow>, Error> {
        let mut rows = Vec::with_capacity(skus.len());
        for part in skus.chunks(SKUS_MAX) {
            let request = v1::GetAvailabilityRequest {
                ledger: self.name(),
                channel: channel.to_owned(),
                skus: part.iter().map(|it| it.as_ref().to_owned()).collect(),
                min_position,
                ..Default::default()
            };
            rows.extend(answer(self.queries().get_availability(request).await)?.rows);
        }
        Ok(rows)
    }

    /// What lies where of each item; as of `min_position` or later.
    ///
    /// # Errors
    /// Unknown ledger or SKU, or the position is not reached.
    pub async fn stock(
        &self,
        skus: &[impl AsRef<str>],
        min_position: u64,
    ) -> Result<Vec<v1::StockRow>, Error> {
        let mut rows = Vec::with_capacity(skus.len());
        for part in skus.chunks(SKUS_MAX) {
            let skus = part.iter().map(|it| it.as_ref().to_owned()).collect();
            let ledger = self.name();
            let request = v1::GetStockRequest { ledger, skus, min_position, wait_ms: 0 };
            rows.extend(answer(self.queries().get_stock(request).await)?.rows);
        }
        Ok(rows)
    }

    /// The entry at a position, as it is stored.
    ///
    /// # Errors
    /// There is none.
    pub async fn entry(&self, position: u64) -> Result<v1::GetEntryResponse, Error> {
        let request = v1::GetEntryRequest { ledger: self.name(), position };
        answer(self.queries().get_entry(request).await)
    }

    /// Any question that HTTP has an address for, such as `timeline/MUG`, with its parameters: the
    /// same JSON.
    ///
    /// # Errors
    /// As HTTP refuses it.
    pub async fn ask(&self, question: &str, parameters: &[(&str, &str)]) -> Result<String, Error> {
        let pairs = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (ledger, question) = (self.name(), question.to_owned());
        let request = v1::AskRequest { ledger, question, parameters: pairs.collect() };
        Ok(answer(self.queries().ask(request).await)?.json)
    }
}

impl Client {
    /// All ledgers of the server.
    ///
    /// # Errors
    /// There is no answer now.
    pub async fn ledgers(&self) -> Result<Vec<v1::LedgerState>, Error> {
        let mut queries = QueriesClient::new(self.channel())
            .max_decoding_message_size(self.settings().answer_bytes_max);
        let request = Request::new(v1::ListLedgersRequest {});
        Ok(answer(queries.list_ledgers(request).await)?.ledgers)
    }
}

/// Questions book nothing: what failed can be asked again.
fn answer<T>(response: Result<Response<T>, Status>) -> Result<T, Error> {
    response.map(Response::into_inner).map_err(|status| match Failed::of_status(&status) {
        Failed::Refused(refusal) => Error::Refused(refusal),
        Failed::NotNow(refusal) => Error::Unavailable { message: refusal.detail },
        Failed::Unknown { message } => Error::Unavailable { message },
    })
}
