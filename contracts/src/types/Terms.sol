// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Terms of a job. Its id is their hash, so whoever names the id has named all of them and nobody can change one.
struct Terms {
    /// Pays, and acknowledges.
    address client;
    /// Does the work, commits, and signs the receipt.
    address rig;
    /// Digest of the job file: prompt, sampling, limits, nonce (docs/protocol.md, section 3).
    bytes32 jobDigest;
    /// Model id.
    bytes32 manifest;
    /// The model's record; zero without the contested lane.
    bytes32 record;
    /// Selector of the verifier that decides drawn units; zero: only the client's word pays.
    bytes4 verifier;
    /// Root over the prompt's tokens; zero without the contested lane, as are `promptTokens`, `draws` and `proveBy`.
    bytes32 prompt;
    /// Tokens of the prompt.
    uint32 promptTokens;
    /// Most tokens that are paid for.
    uint32 maxTokens;
    /// Units that are drawn, besides the last position's sample and the head chunk of its token.
    uint32 draws;
    /// Price of one token.
    uint96 pricePerToken;
    /// What a rig is paid for proofs, besides the tokens; the client has it back if it acknowledges in time.
    uint96 proofFee;
    /// What commit reserves of the rig's stake, for this job alone.
    uint96 stake;
    /// Unix second from which on the rig cannot commit.
    uint64 commitBy;
    /// Unix second from which on the client is late: it cannot acknowledge, or, in the contested lane, pays the proof fee too.
    uint64 acknowledgeBy;
    /// Unix second from which on the rig cannot prove, if it had `PROVE_TIME` by then.
    uint64 proveBy;
}

using TermsLibrary for Terms global;

/// @notice The name of terms, and the money in them.
library TermsLibrary {
    bytes32 internal constant TYPEHASH = keccak256(
        "Terms(address client,address rig,bytes32 jobDigest,bytes32 manifest,bytes32 record,bytes4 verifier,bytes32 prompt,uint32 promptTokens,uint32 maxTokens,uint32 draws,uint96 pricePerToken,uint96 proofFee,uint96 stake,uint64 commitBy,uint64 acknowledgeBy,uint64 proveBy)"
    );

    /// @notice EIP-712 struct hash.
    function hash(Terms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, terms));
    }

    /// @notice Price of `tokens` tokens.
    function price(Terms calldata terms, uint32 tokens) internal pure returns (uint96) {
        return SafeCast.toUint96(uint256(terms.pricePerToken) * tokens);
    }

    /// @notice What the client pays in: all tokens and the proof fee.
    function escrow(Terms calldata terms) internal pure returns (uint96) {
        return terms.price(terms.maxTokens) + terms.proofFee;
    }
}
