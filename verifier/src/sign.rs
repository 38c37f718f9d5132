//! Signatures: secp256k1 over EIP-712 typed data, so that a contract can check the same bytes.

use crate::job::Settlement;
use crate::receipt::{Address, Receipt};
use assay_model::domain::Digest;
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};
use sha3::{Digest as _, Keccak256};

/// EIP-712 type of the domain.
pub const DOMAIN_TYPE: &str = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
/// EIP-712 type of a receipt.
pub const RECEIPT_TYPE: &str = "Receipt(bytes32 job,bytes32 tokensRoot,uint32 tokenCount,bytes32 tip,\
                                bytes32 positionsRoot,bytes32 settlementRoot,address rig)";

/// keccak256.
pub fn keccak(bytes: &[u8]) -> Digest {
    Keccak256::digest(bytes).into()
}

/// A left-padded EVM word.
pub(crate) fn word<const N: usize>(value: &[u8; N]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().rev().zip(value.iter().rev()) {
        *to = *from;
    }
    out
}

fn domain_separator(settlement: &Settlement) -> Digest {
    let words = [
        keccak(DOMAIN_TYPE.as_bytes()),
        keccak(b"Assay"),
        keccak(b"1"),
        word(&settlement.chain.to_be_bytes()),
        word(&settlement.contract),
    ];
    keccak(words.as_flattened())
}

/// EIP-712 digest of a struct with this hash, for the chain and the contract of `settlement`.
pub fn typed_digest(settlement: &Settlement, struct_hash: &Digest) -> Digest {
    let mut message = vec![0x19, 0x01];
    message.extend(domain_separator(settlement));
    message.extend(struct_hash);
    keccak(&message)
}

/// EIP-712 struct hash of a receipt: its name on a chain.
pub fn receipt_hash(receipt: &Receipt) -> Digest {
    let words = [
        keccak(RECEIPT_TYPE.as_bytes()),
        receipt.job,
        receipt.tokens_root,
        word(&receipt.token_count.to_be_bytes()),
        receipt.tip,
        receipt.positions_root,
        receipt.settlement_root,
        word(&receipt.rig),
    ];
    keccak(words.as_flattened())
}

/// EIP-712 digest of a receipt: what the rig signs.
pub fn receipt_digest(receipt: &Receipt) -> Digest {
    typed_digest(&receipt.settlement, &receipt_hash(receipt))
}

/// Address that signed `digest`; `None` for a signature that is none, or not in the one accepted form (low s, v 27 or
/// 28).
pub fn recover(digest: &Digest, signature: &[u8; 65]) -> Option<Address> {
    let (rs, [v]) = signature.split_first_chunk::<64>()? else { return None };
    let id = RecoveryId::from_byte(v.checked_sub(27)?).filter(|id| !id.is_x_reduced())?;
    let signature = Signature::from_slice(rs).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    let key = VerifyingKey::recover_from_prehash(digest, &signature, id).ok()?;
    address(&key)
}

fn address(key: &VerifyingKey) -> Option<Address> {
    let point = key.to_sec1_point(false);
    let hash = keccak(point.as_bytes().get(1..)?);
    hash.last_chunk::<20>().copied()
}

/// A signing key: of a rig, or of a client that takes delivery.
pub struct RigKey(SigningKey);

impl RigKey {
    /// From 32 bytes; `None` for zero or a number not below the curve's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(RigKey)
    }

    /// The rig's address.
    pub fn address(&self) -> Address {
        address(self.0.verifying_key()).unwrap_or_default()
    }

    /// Signs a receipt: sets its rig and its signature.
    pub fn sign(&self, receipt: &mut Receipt) {
        receipt.rig = self.address();
        receipt.signature = self.sign_digest(&receipt_digest(receipt));
    }

    /// Signs a digest of this module.
    pub fn sign_digest(&self, digest: &Digest) -> [u8; 65] {
        let mut out = [0; 65];
        let (signature, id) = self.0.sign_prehash_recoverable(digest);
        let v = [id.to_byte().saturating_add(27)];
        for (to, from) in out.iter_mut().zip(signature.to_bytes().iter().chain(&v)) {
            *to = *from;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn keys_have_the_address_that_every_evm_tool_gives_them() {
        // First account of the usual development mnemonic.
        let mut key = [0; 32];
        for (i, b) in key.iter_mut().enumerate() {
            let s = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
            *b = u8::from_str_radix(&s[2 * i..2 * i + 2], 16).unwrap();
        }
        let address = RigKey::from_bytes(&key).unwrap().address();
        assert_eq!(hex(&address), "f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    }

    #[test]
    fn only_the_low_s_form_of_a_signature_recovers() {
        let key = RigKey::from_bytes(&[7; 32]).unwrap();
        let digest = keccak(b"message");
        let signature = key.sign_digest(&digest);
        assert_eq!(recover(&digest, &signature), Some(key.address()));
        let order = k256::elliptic_curve::bigint::U256::from_be_hex(
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141",
        );
        let s = k256::elliptic_curve::bigint::U256::from_be_slice(&signature[32..64]);
        let mut high = signature;
        high[32..64].copy_from_slice(order.wrapping_sub(&s).to_be_bytes().as_ref());
        high[64] = 27 + 28 - high[64];
        assert_eq!(recover(&digest, &high), None);
        for v in [0, 1, 26, 29, 30, 255] {
            let mut odd = signature;
            odd[64] = v;
            assert_eq!(recover(&digest, &odd), None, "v {v}");
        }
        assert_eq!(recover(&digest, &[0; 65]), None);
    }

    #[test]
    fn a_signature_whose_point_lies_beyond_the_order_does_not_recover() {
        // v 29 and 30 mean r + n; about half of these r stand for a point of the curve.
        for r in 1..64 {
            let mut signature = [0; 65];
            (signature[31], signature[63]) = (r, 1);
            for v in [29, 30] {
                signature[64] = v;
                assert_eq!(recover(&keccak(b"message"), &signature), None, "r {r} v {v}");
            }
        }
    }
}
