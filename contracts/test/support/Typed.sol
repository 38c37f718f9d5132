// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Receipt} from "../../src/types/Receipt.sol";
import {Terms} from "../../src/types/Terms.sol";

/// @notice EIP-712 written out once more, from the words of the standard and of docs/settlement.md.
library Typed {
    function digest(address escrow, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Assay"),
                keccak256("1"),
                block.chainid,
                escrow
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function hash(Receipt memory r) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Receipt(bytes32 job,bytes32 tokensRoot,uint32 tokenCount,bytes32 tip,bytes32 positionsRoot,bytes32 settlementRoot,address rig)"
        );
        return keccak256(
            abi.encode(typeHash, r.job, r.tokensRoot, r.tokenCount, r.tip, r.positionsRoot, r.settlementRoot, r.rig)
        );
    }

    function hash(Terms memory t) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Terms(address client,address rig,bytes32 jobDigest,bytes32 manifest,bytes32 record,bytes4 verifier,bytes32 prompt,uint32 promptTokens,uint32 maxTokens,uint32 draws,uint96 pricePerToken,uint96 proofFee,uint96 stake,uint64 commitBy,uint64 acknowledgeBy,uint64 proveBy)"
        );
        bytes memory first = abi.encode(typeHash, t.client, t.rig, t.jobDigest, t.manifest, t.record, t.verifier);
        bytes memory second = abi.encode(t.prompt, t.promptTokens, t.maxTokens, t.draws);
        bytes memory third = abi.encode(t.pricePerToken, t.proofFee, t.stake, t.commitBy, t.acknowledgeBy, t.proveBy);
        return keccak256(bytes.concat(first, second, third));
    }

    function acknowledgement(bytes32 id, bytes32 receipt, uint32 tokens) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256("Acknowledgement(bytes32 id,bytes32 receipt,uint32 tokens)"), id, receipt, tokens)
        );
    }
}
