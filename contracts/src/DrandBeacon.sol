// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "./interfaces/IBeacon.sol";
import {IDrandBeacon} from "./interfaces/IDrandBeacon.sol";
import {Bn254, G1, G2} from "./libraries/Bn254.sol";
import {HashToG1} from "./libraries/HashToG1.sol";

/// @notice drand over BN254, scheme bls-bn254-unchained-on-g1: round n is signed as σ = sk·H(keccak256(n as 8 bytes)),
/// and e(σ, −G2)·e(H, pk) = 1 shows it. The randomness is sha256(σ), as drand publishes it.
/// @dev For one key and round there is one σ, and it has one writing: whoever brings a round chooses nothing. Nothing here
/// has an owner; key, genesis and period are those of the deployment, and whoever trusts a deployment compares them with the
/// network's.
contract DrandBeacon is IDrandBeacon {
    /// @notice The scheme's domain separation tag.
    bytes public constant DST = "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_";

    /// @dev −G2, the negated generator.
    uint256 private constant N_XU = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant N_X = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 private constant N_YU = Bn254.P - 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
    uint256 private constant N_Y = Bn254.P - 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;

    /// @inheritdoc IBeacon
    uint64 public immutable genesis;
    /// @inheritdoc IBeacon
    uint64 public immutable period;
    uint256 private immutable _keyXu;
    uint256 private immutable _keyX;
    uint256 private immutable _keyYu;
    uint256 private immutable _keyY;
    mapping(uint64 round => bytes32) private _randomness;

    constructor(G2 memory key, uint64 genesis_, uint64 period_) {
        if (period_ == 0) revert NoPeriod();
        Bn254.requireCanonical(key);
        if (key.xu | key.x | key.yu | key.y == 0) revert NoPublicKey();
        // The precompile refuses what is not in the group; what the product is does not matter.
        pairsToOne(G1(1, 2), G1(1, 2), key);
        (genesis, period) = (genesis_, period_);
        (_keyXu, _keyX, _keyYu, _keyY) = (key.xu, key.x, key.yu, key.y);
    }

    /// @notice The network's public key.
    function publicKey() public view returns (G2 memory) {
        return G2(_keyXu, _keyX, _keyYu, _keyY);
    }

    /// @inheritdoc IDrandBeacon
    function bring(uint64 round, G1 calldata signature) external {
        if (round == 0) revert RoundZero();
        if (uint256(genesis) + (uint256(round) - 1) * period > block.timestamp) revert RoundAhead(round);
        if (_randomness[round] != 0) revert RoundKnown(round);
        Bn254.requireCanonical(signature);
        G1 memory point = HashToG1.hash(DST, abi.encodePacked(keccak256(abi.encodePacked(round))));
        if (!pairsToOne(signature, point, publicKey())) revert WrongSignature(round);
        bytes32 value = sha256(abi.encodePacked(signature.x, signature.y));
        _randomness[round] = value;
        emit RoundBrought(round, value);
    }

    /// @inheritdoc IBeacon
    function randomness(uint64 round) external view returns (bytes32 value) {
        value = _randomness[round];
        if (value == 0) revert NoSuchRound(round);
    }

    /// @dev Whether e(signature, −G2)·e(point, key) = 1.
    function pairsToOne(G1 memory signature, G1 memory point, G2 memory key) private view returns (bool) {
        uint256[12] memory input =
            [signature.x, signature.y, N_XU, N_X, N_YU, N_Y, point.x, point.y, key.xu, key.x, key.yu, key.y];
        uint256[1] memory output;
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 8, input, 0x180, output, 0x20)
        }
        if (!success) revert Bn254.NotAPoint();
        return output[0] == 1;
    }
}
