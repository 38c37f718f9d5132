// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IUnitVerifier, Question} from "../../src/interfaces/IUnitVerifier.sol";

/// @notice Decides nothing: an answer of one word is what it says is left of the draw, any other is refused.
contract VerifierDouble is IUnitVerifier {
    uint16 public immutable decidable;

    error NotShown();

    constructor(uint16 kinds) {
        decidable = kinds;
    }

    function decide(Question calldata, bytes calldata answer) external pure returns (bytes32) {
        if (answer.length != 32) revert NotShown();
        return bytes32(answer);
    }
}

/// @notice Says what it was asked: the hash of question and answer is left of every draw.
contract EchoVerifier is IUnitVerifier {
    uint16 public constant decidable = 0x3fff;

    function decide(Question calldata question, bytes calldata answer) external pure returns (bytes32) {
        return keccak256(abi.encode(question, answer));
    }
}

/// @notice Does what no verifier should: calls its caller with the bytes of the answer, and says how that failed.
contract CallingVerifier {
    uint16 public constant decidable = 0x3fff;

    function decide(Question calldata, bytes calldata answer) external returns (bytes32) {
        (bool done, bytes memory reason) = msg.sender.call(answer);
        return done ? bytes32(uint256(1)) : bytes32(reason);
    }
}

/// @notice Uses up all gas that it is given.
contract EndlessVerifier is IUnitVerifier {
    uint16 public constant decidable = 0x3fff;

    function decide(Question calldata, bytes calldata) external pure returns (bytes32) {
        while (true) {}
        return 0;
    }
}

/// @notice Takes any answer, at once.
contract IdleVerifier is IUnitVerifier {
    uint16 public constant decidable = 0x3fff;

    function decide(Question calldata, bytes calldata) external pure returns (bytes32) {
        return 0;
    }
}
