//! Commands: one call per stem, batches, and streams of batches.

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use onhand_proto::v1::commands_server::Commands;
use onhand_wire::{ledger_of, request_of_call};
use tonic::{Request, Response, Status, Streaming};

use super::converse::{Responses, converse, submit_stream};
use super::door::{Call, Door};
use super::status::of_invalid;
use super::submit::{hand_in, one, read};

/// The service: what takes more than one command by hand, the rest by its stem.
macro_rules! commands {
    ($($stem:ident $name:ident $request:ident)*) => {
        #[tonic::async_trait]
        impl Commands for Door {
            type ConverseStream = Responses;

            async fn submit(
                &self,
                request: Request<v1::SubmitRequest>,
            ) -> Result<Response<v1::SubmitResponse>, Status> {
                let call = Call::of(request.metadata());
                let batch = read(request.into_inner(), &call).await?;
                Ok(Response::new(call.within(hand_in(self, batch)).await?))
            }

            async fn submit_stream(
                &self,
                request: Request<Streaming<v1::SubmitRequest>>,
            ) -> Result<Response<v1::SubmitSummary>, Status> {
                let call = Call::of(request.metadata());
                let summary = submit_stream(self, &call, request.into_inner());
                Ok(Response::new(call.stream_within(summary).await??))
            }

            async fn converse(
                &self,
                request: Request<Streaming<v1::SubmitRequest>>,
            ) -> Result<Response<Responses>, Status> {
                let call = Call::of(request.metadata());
                Ok(Response::new(converse(self, call, request.into_inner())))
            }

            $(async fn $stem(
                &self,
                request: Request<v1::$request>,
            ) -> Result<Response<v1::Accepted>, Status> {
                let call = Call::of(request.metadata());
                let v1::$request { ledger, envelope, command, dry_run } = request.into_inner();
                let command = command.map(Command::$name);
                self.single(&call, &ledger, envelope, command, dry_run).await
            })*
        }
    };
}

impl Door {
    async fn single(
        &self,
        call: &Call,
        ledger: &str,
        envelope: Option<v1::Envelope>,
        command: Option<Command>,
        dry_run: bool,
    ) -> Result<Response<v1::Accepted>, Status> {
        let ledger = ledger_of(ledger).map_err(|it| of_invalid(&it))?;
        let request = request_of_call(&ledger, envelope, command, call.trace.as_ref());
        let request = request.map_err(|it| of_invalid(&it))?;
        Ok(Response::new(one(self, call, request, dry_run).await?))
    }
}

commands! {
    register_item RegisterItem RegisterItemRequest
    add_alias AddAlias AddAliasRequest
    register_location RegisterLocation RegisterLocationRequest
    close_location CloseLocation CloseLocationRequest
    register_channel RegisterChannel RegisterChannelRequest
    change_channel ChangeChannel ChangeChannelRequest
    receive_stock ReceiveStock ReceiveStockRequest
    inspect_stock InspectStock InspectStockRequest
    hold_stock HoldStock HoldStockRequest
    extend_hold ExtendHold ExtendHoldRequest
    release_hold ReleaseHold ReleaseHoldRequest
    commit_order CommitOrder CommitOrderRequest
    cancel_order CancelOrder CancelOrderRequest
    ship_order ShipOrder ShipOrderRequest
    return_stock ReturnStock ReturnStockRequest
    damage_stock DamageStock DamageStockRequest
    write_off_stock WriteOffStock WriteOffStockRequest
    change_condition ChangeCondition ChangeConditionRequest
    start_transfer StartTransfer StartTransferRequest
    receive_transfer ReceiveTransfer ReceiveTransferRequest
    cancel_transfer CancelTransfer CancelTransferRequest
    return_to_supplier ReturnToSupplier ReturnToSupplierRequest
    count_stock CountStock CountStockRequest
    adjust_stock AdjustStock AdjustStockRequest
    reverse_entry ReverseEntry ReverseEntryRequest
    rename_item RenameItem RenameItemRequest
    merge_items MergeItems MergeItemsRequest
    close_item CloseItem CloseItemRequest
    set_mode SetMode SetModeRequest
    set_policy SetPolicy SetPolicyRequest
    expect_stock ExpectStock ExpectStockRequest
    open_pool OpenPool OpenPoolRequest
    release_tranche ReleaseTranche ReleaseTrancheRequest
    move_pool MovePool MovePoolRequest
    close_pool ClosePool ClosePoolRequest
    define_kit DefineKit DefineKitRequest
    assemble_kit AssembleKit AssembleKitRequest
    disassemble_kit DisassembleKit DisassembleKitRequest
    relocate_order RelocateOrder RelocateOrderRequest
    set_supplier SetSupplier SetSupplierRequest
    map_supplier_sku MapSupplierSku MapSupplierSkuRequest
    set_feed SetFeed SetFeedRequest
    assign_tier AssignTier AssignTierRequest
    record_snapshot RecordSnapshot RecordSnapshotRequest
    judge_snapshot JudgeSnapshot JudgeSnapshotRequest
    settle_discrepancy SettleDiscrepancy SettleDiscrepancyRequest
    record_stocktake RecordStocktake RecordStocktakeRequest
    list_stock ListStock ListStockRequest
    hear_stock HearStock HearStockRequest
    hand_over_orders HandOverOrders HandOverOrdersRequest
    confirm_handover ConfirmHandover ConfirmHandoverRequest
}
