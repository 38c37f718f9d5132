//! A local chain with an escrow on it.

use crate::support::{Desk, Ran};
use assay_verifier::cli::hex;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Accounts of the node's well-known mnemonic.
const KEYS: [&str; 3] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
];

/// A node that ends with its test.
pub struct Node {
    process: Child,
    pub url: String,
    pub escrow: String,
    /// What decides the draws of contested jobs.
    pub verifier: String,
    beacon: String,
}

/// Under which the router has a verifier.
pub const SELECTOR: &str = "0xec400000";
/// When the beacon's round 1 was, and seconds from one to the next.
const ROUNDS: [u64; 2] = [1_700_000_000, 30];

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts")
}

fn tool(name: &str) -> PathBuf {
    contracts().join(format!("node_modules/@foundry-rs/{name}-linux-amd64/bin/{name}"))
}

fn artifact(name: &str) -> PathBuf {
    contracts().join(format!("out/{name}.sol/{name}.json"))
}

fn word(number: u64) -> String {
    format!("{number:064x}")
}

fn address(text: &str) -> String {
    format!("{:0>64}", text.trim_start_matches("0x"))
}

impl Node {
    /// Starts a node and deploys an escrow in its native coin, with a beacon whose rounds are what a test sets, and this
    /// verifier: `RepeatVerifier` decides draws for whoever repeats the question. None, and a line that says so, where the
    /// toolchain of the contracts is not there.
    pub fn start(verifier: &str) -> Option<Node> {
        let compiled = ["Escrow", "VerifierRouter", "BeaconDouble", verifier].map(artifact);
        if !tool("anvil").exists() || !tool("cast").exists() || compiled.iter().any(|c| !c.exists()) {
            println!("SKIPPED: commands on a local chain (run scripts/contracts.sh first)");
            return None;
        }
        let mut process = Command::new(tool("anvil"))
            .args(["--port", "0", "--hardfork", "cancun"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("anvil ended").unwrap();
            if let Some(host) = line.strip_prefix("Listening on ") {
                break format!("http://{host}");
            }
        };
        // What it prints must go somewhere, or it stops at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let mut node = Node { process, url, escrow: String::new(), verifier: String::new(), beacon: String::new() };
        let owner = address("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
        node.beacon = node.create("BeaconDouble", &ROUNDS.map(word));
        let router = node.create("VerifierRouter", std::slice::from_ref(&owner));
        node.verifier = node.create(verifier, &[]);
        node.cast(&["send", "--private-key", KEYS[0], &router, "add(bytes4,address)", SELECTOR, &node.verifier]);
        node.escrow = node.create("Escrow", &[word(0), owner, address(&node.beacon), address(&router)]);
        Some(node)
    }

    /// Deploys a contract.
    fn create(&self, name: &str, arguments: &[String]) -> String {
        let compiled: Json = serde_json::from_slice(&std::fs::read(artifact(name)).unwrap()).unwrap();
        let code = format!("{}{}", compiled["bytecode"]["object"].as_str().unwrap(), arguments.concat());
        let made = self.cast(&["send", "--json", "--private-key", KEYS[0], "--create", &code]);
        let made: Json = serde_json::from_str(&made).unwrap();
        made["contractAddress"].as_str().unwrap().to_owned()
    }

    /// Gives the beacon a round.
    pub fn bring(&self, round: u64) {
        self.bring_as(round, &format!("0x{}", word(round)));
    }

    /// The same with this value.
    pub fn bring_as(&self, round: u64, randomness: &str) {
        let set = ["set(uint64,bytes32)", &round.to_string(), randomness];
        self.cast(&[&["send", "--private-key", KEYS[0], &self.beacon], &set[..]].concat());
    }

    /// Asks the node with its own tool.
    pub fn cast(&self, args: &[&str]) -> String {
        let ran = Command::new(tool("cast")).args(args).env("ETH_RPC_URL", &self.url).output().unwrap();
        assert!(ran.status.success(), "cast {}: {}", args[0], String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    /// What the node says of a call that the escrow refuses.
    pub fn refusal(&self, from: &str, call: &[u8]) -> String {
        let call = format!("0x{}", hex(call));
        let args = ["call", "--from", from, &self.escrow, "--data", &call];
        let ran = Command::new(tool("cast")).args(args).env("ETH_RPC_URL", &self.url).output().unwrap();
        assert!(!ran.status.success(), "accepted");
        String::from_utf8_lossy(&ran.stderr).into_owned()
    }

    /// What the escrow keeps of a draw.
    pub fn progress(&self, id: &[u8; 32], draw: u32) -> [u8; 32] {
        let asked = ["call", &self.escrow, "progress(bytes32,uint32)", &format!("0x{}", hex(id)), &draw.to_string()];
        assay_verifier::cli::parse_hex(self.cast(&asked).trim_start_matches("0x")).unwrap()
    }

    /// Sends what is burned to where nobody can fetch it.
    pub fn burn(&self) {
        self.cast(&["send", "--private-key", KEYS[0], &self.escrow, "burn()"]);
    }

    pub fn height(&self) -> u64 {
        self.cast(&["block-number"]).parse().unwrap()
    }

    /// Prints the gas of every transaction to the escrow behind block `from` whose data begin so.
    pub fn gas(&self, from: u64, selector: &[u8]) {
        for number in from + 1..=self.height() {
            let block: Json =
                serde_json::from_str(&self.cast(&["block", &number.to_string(), "--full", "--json"])).unwrap();
            for sent in block["transactions"].as_array().unwrap() {
                let input = sent["input"].as_str().unwrap();
                let draw = input.get(10 + 23 * 64..10 + 24 * 64).unwrap_or_default().trim_start_matches('0');
                if input.starts_with(&format!("0x{}", hex(selector))) {
                    let gas = self.cast(&["receipt", sent["hash"].as_str().unwrap(), "gasUsed"]);
                    println!("draw {draw:0>1}, {} bytes of calldata: {gas} gas", input.len() / 2 - 1);
                }
            }
        }
    }

    /// Lets time go by.
    pub fn pass(&self, seconds: u64) {
        self.cast(&["rpc", "evm_increaseTime", &seconds.to_string()]);
        self.mine();
    }

    pub fn mine(&self) {
        self.cast(&["rpc", "evm_mine"]);
    }

    /// Whether every transaction makes a block at once.
    pub fn automatic(&self, on: bool) {
        self.cast(&["rpc", "evm_setAutomine", if on { "true" } else { "false" }]);
    }

    /// What an address has, outside the escrow.
    pub fn balance(&self, address: &str) -> u128 {
        self.cast(&["balance", address]).parse().unwrap()
    }

    /// Transactions of an address that are in blocks.
    pub fn sent(&self, address: &str) -> u64 {
        self.cast(&["nonce", address]).parse().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Client and rig in one folder, with a job that is paid on the node's chain.
pub struct Deal {
    pub desk: Desk,
    pub node: Node,
    pub rig: String,
    pub client: String,
}

pub const PRICE: u128 = 3_000_000_000;
pub const STAKE: u128 = 1_000_000_000_001;
/// What proofs are paid, where terms pay on them.
pub const FEE: u128 = 70_000_000_007;
/// Tokens of the job: they are all generated.
pub const TOKENS: u128 = 5;
/// Draws of a contested job, besides the last position's.
pub const DRAWS: u64 = 4;
/// The record that contested terms name.
pub const RECORD: [u8; 32] = [0x5e; 32];

impl Deal {
    /// Model, keys, job and terms; nothing is on the chain.
    pub fn agreed() -> Option<Deal> {
        Self::with(&[])
    }

    /// The same with terms that pay on proofs.
    pub fn contested() -> Option<Deal> {
        Self::with(&Self::lane().iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What `terms` is told for a contested job.
    pub fn lane() -> Vec<String> {
        let record = "5e".repeat(32);
        let (draws, fee) = (DRAWS.to_string(), FEE.to_string());
        let trial = "--accept-insecure-keys";
        ["--contested", trial, "--verifier", SELECTOR, "--record", &record, "--draws", &draws, "--proof-fee", &fee]
            .map(str::to_owned)
            .to_vec()
    }

    /// Terms that pay on proofs under this record, whose draws this verifier decides.
    pub fn judged(verifier: &str, record: impl FnOnce() -> String, draws: u32) -> Option<Deal> {
        let node = Node::start(verifier)?;
        let (record, draws, fee) = (record(), draws.to_string(), FEE.to_string());
        let lane = ["--contested", "--accept-insecure-keys", "--verifier", SELECTOR, "--record", &record];
        Some(Self::at(node, &[&lane[..], &["--draws", &draws, "--proof-fee", &fee]].concat()))
    }

    fn with(lane: &[&str]) -> Option<Deal> {
        Some(Self::at(Node::start("RepeatVerifier")?, lane))
    }

    fn at(node: Node, lane: &[&str]) -> Deal {
        let desk = Desk::new();
        for (name, key) in ["owner.key", "client.key", "rig.key"].iter().zip(KEYS) {
            write_key(&desk.path(name), key);
        }
        desk.prover(&["manifest", "--model", "toy.gguf", "--out", "toy.manifest"]).code(0);
        let rig = node.cast(&["wallet", "address", KEYS[2]]);
        let client = node.cast(&["wallet", "address", KEYS[1]]);
        let deal = Deal { desk, node, rig, client };
        deal.job("my.job", &[]).code(0);
        deal.terms("my.job", "terms", lane).code(0);
        deal
    }

    /// A job and its terms under these names.
    pub fn order(&self, job: &str, terms: &str) {
        self.job(job, &[]).code(0);
        self.terms(job, terms, &[]).code(0);
    }

    pub fn job(&self, job: &str, more: &[&str]) -> Ran {
        let order =
            ["job", "--manifest", "toy.manifest", "--prompt", "hello there", "--max-tokens", "5", "--ignore-stop"];
        let place = ["--chain", "31337", "--contract", &self.node.escrow, "--out", job];
        self.desk.verifier(&[&order[..], &place, more].concat())
    }

    pub fn terms(&self, job: &str, terms: &str, more: &[&str]) -> Ran {
        let money = ["--price", &PRICE.to_string(), "--stake", &STAKE.to_string()].map(str::to_owned);
        let money: Vec<&str> = money.iter().map(String::as_str).collect();
        let who = ["--job", job, "--rig", &self.rig, "--key", "client.key", "--out", terms];
        self.desk.verifier(&[&["terms"][..], &who, &money, more].concat())
    }

    /// A command of the client, at the node.
    pub fn client(&self, command: &str, args: &[&str]) -> Ran {
        self.client_as("client.key", command, args)
    }

    pub fn client_as(&self, key: &str, command: &str, args: &[&str]) -> Ran {
        let at = ["--json", command, "--rpc", &self.node.url];
        let key = if command == "status" { &[][..] } else { &["--key", key] };
        self.desk.verifier(&[&at[..], key, args].concat())
    }

    /// A command of the rig, at the node.
    pub fn rig(&self, command: &str, args: &[&str]) -> Ran {
        let at = ["--json", command, "--rpc", &self.node.url, "--key", "rig.key"];
        self.desk.prover(&[&at[..], args].concat())
    }

    pub fn open(&self) -> Ran {
        self.client("open", &["--terms", "terms", "--job", "my.job"])
    }

    /// The rig does the job.
    pub fn work(&self) -> Json {
        let run = ["--json", "run", "--model", "toy.gguf", "--manifest", "toy.manifest", "--job", "my.job"];
        self.desk.prover(&[&run[..], &["--key", "rig.key", "--out", "rig"]].concat()).code(0).json()
    }

    pub fn settle(&self, more: &[&str]) -> Ran {
        self.rig("settle", &[&["--terms", "terms", "--receipt", "rig/job.receipt"][..], more].concat())
    }

    pub fn acknowledge(&self) -> Ran {
        self.client("acknowledge", &["--terms", "terms", "--job", "my.job", "--receipt", "rig/job.receipt"])
    }

    pub fn status(&self) -> Json {
        self.client("status", &["--terms", "terms"]).code(0).json()
    }

    /// Chain and contract, as accounts name them.
    pub fn place(&self) -> [&str; 4] {
        ["--chain", "31337", "--contract", &self.node.escrow]
    }
}

pub fn write_key(path: &Path, key: &str) {
    std::fs::write(path, key).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
