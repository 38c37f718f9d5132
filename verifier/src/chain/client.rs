//! A node and an escrow at it: reading, and sending one call.

use super::abi::Beacon::BeaconErrors;
use super::abi::Router::RouterErrors;
use super::abi::{Escrow, Terms};
use super::error::{ChainError, Refusal};
use super::journal::{Entry, Journal};
use crate::job::Settlement;
use crate::sign::RigKey;
use alloy::consensus::transaction::SignableTransaction;
use alloy::consensus::{TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::eip2930::AccessList;
use alloy::network::{Ethereum, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use alloy::providers::{Provider, RootProvider};
use alloy::rpc::types::{BlockNumberOrTag, TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use alloy::transports::{RpcError, TransportError};
use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Time between two looks at the chain.
const POLL: Duration = Duration::from_millis(500);
/// Longest time for one answer of a node.
const ANSWER: Duration = Duration::from_secs(30);

/// What a sender allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most wei for a unit of gas.
    pub max_fee_per_gas: u128,
    /// Longest time to wait for a block, seconds.
    pub wait: u64,
}

/// A node, and the escrow at one address of its chain.
pub struct Chain {
    runtime: Runtime,
    node: RootProvider<Ethereum>,
    url: String,
    settlement: Settlement,
}

/// A call that is in a block.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Its transaction.
    pub hash: B256,
    /// Gas used.
    pub gas: u64,
    /// Whether an earlier run of the command had sent it.
    pub resumed: bool,
}

/// Where a transaction stands.
enum Fate {
    Mined(Box<TransactionReceipt>),
    Waits,
    /// Another one took its number: it can never be mined.
    Replaced,
}

impl Chain {
    /// Connects to the escrow that a job names, and sees that it is there.
    ///
    /// # Errors
    /// No node, another chain, no contract, or one that is no escrow.
    pub fn connect(url: &str, settlement: &Settlement) -> Result<Chain, ChainError> {
        let bad = || ChainError::Url(url.to_owned());
        let parsed = url.parse::<alloy::transports::http::reqwest::Url>().map_err(|_| bad())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad());
        }
        let unable = |e: std::io::Error| ChainError::Rpc { url: url.to_owned(), said: e.to_string() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unable)?;
        let node = {
            let _inside = runtime.enter();
            RootProvider::new_http(parsed)
        };
        let chain = Chain { runtime, node, url: shown(url), settlement: *settlement };
        let got = chain.ask(chain.node.get_chain_id())?;
        if got != settlement.chain {
            return Err(ChainError::WrongChain { got, want: settlement.chain });
        }
        let code = chain.ask(chain.node.get_code_at(chain.contract()).into_future())?;
        if code.is_empty() {
            return Err(ChainError::NoContract(chain.contract()));
        }
        chain.asset()?;
        Ok(chain)
    }

    /// The escrow.
    pub fn contract(&self) -> Address {
        Address::from(self.settlement.contract)
    }

    /// Second of the chain's last block: what deadlines are compared with.
    ///
    /// # Errors
    /// No answer.
    pub fn now(&self) -> Result<u64, ChainError> {
        Ok(self.head()?.0)
    }

    /// Second and base fee of the last block.
    fn head(&self) -> Result<(u64, u128), ChainError> {
        let block = self.ask(self.node.get_block_by_number(BlockNumberOrTag::Latest).into_future())?;
        let header = block.ok_or_else(|| self.unusable("it has no last block".to_owned()))?.header;
        Ok((header.timestamp, u128::from(header.base_fee_per_gas.unwrap_or_default())))
    }

    /// What the escrow is paid in; zero for the native coin.
    ///
    /// # Errors
    /// As all calls.
    pub fn asset(&self) -> Result<Address, ChainError> {
        self.read(Escrow::ASSETCall {})
    }

    /// What is kept of the job of these terms, with its id.
    ///
    /// # Errors
    /// As all calls; [`ChainError::NotAnEscrow`] if the contract has another id for them.
    pub fn job(&self, terms: &crate::settlement::terms::Terms) -> Result<Escrow::Job, ChainError> {
        let id = B256::from(terms.id(&self.settlement));
        let theirs = self.read(Escrow::jobIdCall { terms: Terms::from(terms) })?;
        if theirs != id {
            return Err(ChainError::NotAnEscrow(self.contract()));
        }
        self.read(Escrow::jobCall { id })
    }

    /// What an address has at the escrow.
    ///
    /// # Errors
    /// As all calls.
    pub fn account(&self, owner: &[u8; 20]) -> Result<Escrow::Account, ChainError> {
        self.read(Escrow::accountCall { owner: Address::from(*owner) })
    }

    pub(super) fn read<C: SolCall>(&self, call: C) -> Result<C::Return, ChainError> {
        self.read_at(self.contract(), call)
    }

    /// A reading call of a contract that the escrow names. An answer that is none is the escrow's fault, which named it.
    pub(super) fn read_at<C: SolCall>(&self, contract: Address, call: C) -> Result<C::Return, ChainError> {
        let request = TransactionRequest::default().with_to(contract).with_input(call.abi_encode());
        let answer = self.attempt(self.node.call(request).block(BlockNumberOrTag::Latest.into()).into_future());
        let bytes = answer.map_err(|e| match self.refusal(e) {
            ChainError::Refused(Refusal::Named(_) | Refusal::Other(_)) => ChainError::NotAnEscrow(self.contract()),
            other => other,
        })?;
        C::abi_decode_returns(&bytes).map_err(|_| ChainError::NotAnEscrow(self.contract()))
    }

    /// Sees to the transaction that an earlier run left in `journal`, before anything is decided anew; none if there was
    /// none, or it came to nothing.
    ///
    /// # Errors
    /// [`ChainError`]; while it waits for a block, [`ChainError::NotMined`].
    pub fn resume(&self, journal: &Journal, limits: &Limits) -> Result<Option<Sent>, ChainError> {
        let entry = journal.read().map_err(ChainError::Journal)?;
        let ours = |e: &Entry| (e.chain, e.contract) == (self.settlement.chain, self.settlement.contract);
        let Some(entry) = entry.filter(ours) else { return Ok(None) };
        if matches!(self.fate(&entry)?, Fate::Waits) {
            self.submit(&entry)?;
        }
        match self.settle(&entry, journal, limits, true) {
            Err(ChainError::Reverted { .. }) => Ok(None),
            other => other,
        }
    }

    /// Makes a call and waits for its block. What the journal had must be seen to before: [`Chain::resume`].
    ///
    /// # Errors
    /// [`ChainError`]. [`ChainError::NotMined`] and [`ChainError::Rpc`] may leave something under way, and the journal has
    /// it.
    pub fn send<C: SolCall>(
        &self,
        call: &C,
        value: U256,
        key: &RigKey,
        journal: &Journal,
        limits: &Limits,
    ) -> Result<Sent, ChainError> {
        let entry = self.signed(call.abi_encode(), value, key, limits)?;
        journal.write(&entry).map_err(ChainError::Journal)?;
        self.submit(&entry)?;
        self.settle(&entry, journal, limits, false)?.ok_or(ChainError::Reverted { hash: B256::from(entry.hash) })
    }

    /// Waits until a transaction is in a block.
    fn settle(
        &self,
        entry: &Entry,
        journal: &Journal,
        limits: &Limits,
        resumed: bool,
    ) -> Result<Option<Sent>, ChainError> {
        let (started, hash) = (Instant::now(), B256::from(entry.hash));
        loop {
            match self.fate(entry)? {
                Fate::Mined(receipt) => {
                    journal.clear();
                    if !receipt.status() {
                        return Err(ChainError::Reverted { hash });
                    }
                    return Ok(Some(Sent { hash, gas: receipt.gas_used, resumed }));
                }
                Fate::Replaced => {
                    journal.clear();
                    return Ok(None);
                }
                Fate::Waits if started.elapsed().as_secs() >= limits.wait => {
                    return Err(ChainError::NotMined { hash, seconds: limits.wait });
                }
                Fate::Waits => std::thread::sleep(POLL),
            }
        }
    }

    fn fate(&self, entry: &Entry) -> Result<Fate, ChainError> {
        let receipt = || self.ask(self.node.get_transaction_receipt(B256::from(entry.hash)).into_future());
        if let Some(receipt) = receipt()? {
            return Ok(Fate::Mined(Box::new(receipt)));
        }
        let from = Address::from(entry.from);
        let used = self.ask(self.node.get_transaction_count(from).latest().into_future())?;
        if used <= entry.nonce {
            return Ok(Fate::Waits);
        }
        // The number is used. A block may have come between the two questions.
        Ok(receipt()?.map_or(Fate::Replaced, |receipt| Fate::Mined(Box::new(receipt))))
    }

    /// Sends a transaction's bytes. That the node has them already is no failure.
    fn submit(&self, entry: &Entry) -> Result<(), ChainError> {
        let sent = self.attempt(self.node.send_raw_transaction(&entry.raw));
        match sent {
            Ok(_) => Ok(()),
            // Known, mined meanwhile, or replaced: what became of it is asked next.
            Err(RpcError::ErrorResp(error)) if known(&error.message) => Ok(()),
            Err(error) => Err(self.refusal(error)),
        }
    }

    /// A new transaction, after the call was tried.
    fn signed(&self, input: Vec<u8>, value: U256, key: &RigKey, limits: &Limits) -> Result<Entry, ChainError> {
        let from = Address::from(key.address());
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(self.contract())
            .with_value(value)
            .with_input(input.clone());
        let has = self.ask(self.node.get_balance(from).into_future())?;
        if has < value {
            return Err(ChainError::Funds { address: from, has, needs: value });
        }
        let gas = self.attempt(self.node.estimate_gas(request).into_future()).map_err(|e| self.refusal(e))?;
        // The state may change until it is mined.
        let gas_limit = gas.saturating_add(gas / 4);
        let (_, base) = self.head()?;
        if base > limits.max_fee_per_gas {
            return Err(ChainError::FeeCap { base, cap: limits.max_fee_per_gas });
        }
        let fees = self.ask(self.node.estimate_eip1559_fees())?;
        let max_fee_per_gas = fees.max_fee_per_gas.min(limits.max_fee_per_gas);
        let needs = value.saturating_add(U256::from(max_fee_per_gas).saturating_mul(U256::from(gas_limit)));
        if has < needs {
            return Err(ChainError::Funds { address: from, has, needs });
        }
        let nonce = self.ask(self.node.get_transaction_count(from).pending().into_future())?;
        let transaction = TxEip1559 {
            chain_id: self.settlement.chain,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas.min(max_fee_per_gas),
            to: TxKind::Call(self.contract()),
            value,
            access_list: AccessList::default(),
            input: Bytes::from(input),
        };
        let signature = key.sign_digest(&transaction.signature_hash().0);
        let signature = Signature::from_raw_array(&signature)
            .map_err(|e| self.unusable(format!("the transaction could not be signed: {e}")))?;
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        Ok(Entry {
            chain: self.settlement.chain,
            contract: self.settlement.contract,
            from: key.address(),
            nonce,
            hash: envelope.tx_hash().0,
            raw: envelope.encoded_2718(),
        })
    }

    /// An answer of the node.
    fn attempt<T>(&self, question: impl Future<Output = Result<T, TransportError>>) -> Result<T, TransportError> {
        let limited = async {
            tokio::time::timeout(ANSWER, question)
                .await
                .unwrap_or_else(|_| Err(alloy::transports::TransportErrorKind::custom_str("it took longer than 30 s")))
        };
        self.runtime.block_on(limited)
    }

    fn ask<T>(&self, question: impl Future<Output = Result<T, TransportError>>) -> Result<T, ChainError> {
        self.attempt(question).map_err(|e| self.unusable(e.to_string()))
    }

    fn unusable(&self, said: String) -> ChainError {
        ChainError::Rpc { url: self.url.clone(), said }
    }

    /// What an error means for a call of the contract.
    fn refusal(&self, error: TransportError) -> ChainError {
        match error {
            RpcError::ErrorResp(payload) => {
                let own = || payload.as_decoded_interface_error().map(Refusal::Named);
                let router = || payload.as_decoded_interface_error::<RouterErrors>().map(Refusal::Router);
                let beacon = || {
                    payload
                        .as_decoded_interface_error()
                        .map(|BeaconErrors::NoSuchRound(e)| Refusal::NoSuchRound(e.round))
                };
                let named = own().or_else(router).or_else(beacon);
                ChainError::Refused(named.unwrap_or_else(|| Refusal::Other(payload.message.to_string())))
            }
            other => self.unusable(other.to_string()),
        }
    }
}

/// Whether a node that does not take a transaction has it, or one in its place.
fn known(message: &str) -> bool {
    let message = message.to_lowercase();
    ["already known", "already imported", "nonce too low", "known transaction", "replacement transaction"]
        .iter()
        .any(|m| message.contains(m))
}

/// A URL without what follows its host: nodes keep access keys there.
fn shown(url: &str) -> String {
    let scheme = url.find("://").map_or(0, |i| i.saturating_add(3));
    let rest = url.get(scheme..).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{}{host}", url.get(..scheme).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_show_the_secrets_of_a_url() {
        for (url, want) in [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("https://node.example/v2/key", "https://node.example"),
            ("https://user:word@node.example?key=1", "https://node.example"),
        ] {
            assert_eq!(shown(url), want);
        }
    }

    #[test]
    fn a_node_that_is_not_there_and_a_url_that_is_none_are_told_apart() {
        let to = |url| Chain::connect(url, &Settlement { chain: 1, contract: [1; 20] }).err().unwrap();
        assert!(matches!(to("ftp://x"), ChainError::Url(_)) && matches!(to("node"), ChainError::Url(_)));
        // A port that nothing listens on: it is bound and closed again.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = to(&format!("http://127.0.0.1:{port}"));
        assert!(matches!(error, ChainError::Rpc { .. }) && !error.is_refusal(), "{error}");
    }
}
