// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {G1} from "../libraries/Bn254.sol";
import {IBeacon} from "./IBeacon.sol";

/// @notice drand's rounds on a chain: anyone brings a round's signature, which is verified and kept as randomness.
interface IDrandBeacon is IBeacon {
    event RoundBrought(uint64 indexed round, bytes32 randomness);

    /// @notice The public key is the identity: the identity would sign every round.
    error NoPublicKey();
    /// @notice Rounds must be at least a second apart.
    error NoPeriod();
    /// @notice Rounds are numbered from 1.
    error RoundZero();
    /// @notice By the block's clock the round has not happened.
    error RoundAhead(uint64 round);
    /// @notice Somebody brought the round before.
    error RoundKnown(uint64 round);
    /// @notice The network did not sign the round so.
    error WrongSignature(uint64 round);

    /// @notice Keeps what the round gave. Anyone may call.
    function bring(uint64 round, G1 calldata signature) external;
}
