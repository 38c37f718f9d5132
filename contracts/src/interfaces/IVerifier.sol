// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice Decides one version of the protocol's proofs. Immutable: another version is another contract.
/// @dev Proof bytes never name anything: whoever has a valid proof can make another one of the same statement.
interface IVerifier {
    /// @notice Reverts unless `proof` shows the statement with these public inputs.
    function verify(uint256[] calldata inputs, bytes calldata proof) external view;
}
