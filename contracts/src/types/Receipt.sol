// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice What a rig signed about one job: the fields of a receipt that its EIP-712 type has, in their order.
/// @dev docs/protocol.md, section 4. Chain and contract of the receipt file are the domain.
struct Receipt {
    bytes32 job;
    bytes32 tokensRoot;
    uint32 tokenCount;
    bytes32 tip;
    bytes32 positionsRoot;
    bytes32 settlementRoot;
    address rig;
}

using ReceiptLibrary for Receipt global;

/// @notice The name of a receipt on a chain.
library ReceiptLibrary {
    bytes32 internal constant TYPEHASH = keccak256(
        "Receipt(bytes32 job,bytes32 tokensRoot,uint32 tokenCount,bytes32 tip,bytes32 positionsRoot,bytes32 settlementRoot,address rig)"
    );

    /// @notice EIP-712 struct hash. It names a receipt here as the receipt id, which is BLAKE3, names it elsewhere.
    function hash(Receipt calldata receipt) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, receipt));
    }
}
