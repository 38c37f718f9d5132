// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IUnitVerifier, Question} from "../../src/interfaces/IUnitVerifier.sol";
import {Lanes} from "../../src/libraries/Lanes.sol";

/// @notice Decides every draw for whoever repeats the question, an odd draw in two answers. It shows that both sides ask the
/// same, and nothing about any work: never for money.
contract RepeatVerifier is IUnitVerifier {
    error NotTheQuestion(bytes32 wanted);

    /// @inheritdoc IUnitVerifier
    function decidable() external pure returns (uint16) {
        return Lanes.ALL_KINDS;
    }

    /// @inheritdoc IUnitVerifier
    function decide(Question calldata question, bytes calldata answer) external pure returns (bytes32 progress) {
        bytes32 wanted = keccak256(abi.encode(question));
        if (keccak256(answer) != keccak256(abi.encode(wanted))) revert NotTheQuestion(wanted);
        return question.draw % 2 == 1 && question.progress == 0 ? wanted : bytes32(0);
    }
}
