// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice One draw of one job: what whoever settles knows and fixes.
struct Question {
    /// Id of the job, which names chain, contract and terms.
    bytes32 id;
    bytes32 jobDigest;
    /// Id of the model's record.
    bytes32 record;
    /// Struct hash of the receipt.
    bytes32 receipt;
    bytes32 settlementRoot;
    /// Root over the prompt's tokens.
    bytes32 prompt;
    uint32 promptTokens;
    /// Tokens that the receipt counts.
    uint32 tokens;
    /// Seed of the draws.
    bytes32 seed;
    /// Number of the draw.
    uint32 draw;
    /// Draws of the job; number `draws` is the last position's sample and the head chunk of its token.
    uint32 draws;
    /// What an earlier answer to the same draw left open; zero at the start.
    bytes32 progress;
}

/// @notice Decides one version of the protocol's units. Immutable: another version is another contract.
/// @dev Proof bytes never name anything: whoever has a valid proof can make another one of the same statement.
interface IUnitVerifier {
    /// @notice Kinds of step that it decides, one bit each: `Lanes`.
    function decidable() external view returns (uint16);

    /// @notice Reverts unless `answer` shows that the drawn unit is what the rig committed to.
    /// @return progress Zero: the draw is decided. Anything else: what is left of it, to be given back with the next answer.
    function decide(Question calldata question, bytes calldata answer) external view returns (bytes32 progress);
}
