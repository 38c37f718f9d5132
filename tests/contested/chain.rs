//! anvil, from what scripts/contracts.sh installs, with the contract deployed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A chain of its own, gone when dropped.
pub struct Node {
    anvil: Child,
    url: String,
    verifier: String,
}

fn contracts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../contracts")
}

fn tool(name: &str) -> PathBuf {
    contracts().join(format!("node_modules/@foundry-rs/{name}-linux-amd64/bin/{name}"))
}

/// The first of anvil's accounts, whose key everybody knows.
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

impl Node {
    /// Starts a chain and deploys `UnitVerifier`; says SKIPPED where the tools are not installed.
    pub fn start() -> Option<Node> {
        if !tool("anvil").exists() {
            println!("SKIPPED: a drawn chunk on a local chain (scripts/contracts.sh installs what it needs)");
            return None;
        }
        let mut anvil = Command::new(tool("anvil"))
            .args(["--port", "0", "--hardfork", "cancun"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts");
        let lines = BufReader::new(anvil.stdout.take().expect("its output")).lines();
        let mut said = lines.map_while(Result::ok);
        let address = said.find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned)).expect("an address");
        // Whoever stops reading stops anvil.
        std::thread::spawn(move || said.for_each(drop));
        let mut node = Node { anvil, url: format!("http://{address}"), verifier: String::new() };
        node.verifier = node.deploy();
        Some(node)
    }

    fn deploy(&self) -> String {
        let created = Command::new(tool("forge"))
            .current_dir(contracts())
            .args(["create", "src/UnitVerifier.sol:UnitVerifier", "--broadcast", "--json"])
            .args(["--rpc-url", &self.url, "--private-key", KEY])
            .output()
            .expect("forge starts");
        let text = String::from_utf8_lossy(&created.stdout).into_owned();
        let answer: serde_json::Value =
            serde_json::from_str(text.get(text.find('{').unwrap_or(0)..).unwrap_or_default())
                .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&created.stderr)));
        answer["deployedTo"].as_str().expect("an address").to_owned()
    }

    fn cast(&self, command: &str, call: &[u8], more: &[&str]) -> Result<String, String> {
        let call = format!("0x{}", hex::encode(call));
        let out = Command::new(tool("cast"))
            .args([command, &self.verifier, &call, "--rpc-url", &self.url])
            .args(more)
            .output()
            .expect("cast starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
    }

    /// What the contract answers to a call.
    pub fn call(&self, call: &[u8]) -> Result<String, String> {
        self.cast("call", call, &[])
    }

    /// Gas of a transaction that makes the call.
    pub fn send(&self, call: &[u8]) -> Result<u64, String> {
        let receipt = self.cast("send", call, &["--private-key", KEY, "--json"])?;
        let receipt: serde_json::Value = serde_json::from_str(&receipt).map_err(|e| e.to_string())?;
        if receipt["status"] != "0x1" {
            return Err(receipt.to_string());
        }
        let gas = receipt["gasUsed"].as_str().unwrap_or_default().trim_start_matches("0x");
        u64::from_str_radix(gas, 16).map_err(|e| e.to_string())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.anvil.kill();
        let _ = self.anvil.wait();
    }
}
