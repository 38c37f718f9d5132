// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Bn254, G1} from "./Bn254.sol";

/// @notice Hashes bytes to a point of G1 of BN254 by RFC 9380: expand_message_xmd with keccak256, two field elements, the
/// map of Shallue and van de Woestijne, the sum. The curve y² = x³ + 3 has no cofactor.
/// @dev Nobody knows a logarithm of the point: that is what makes a BLS signature over it unforgeable.
library HashToG1 {
    uint256 private constant P = Bn254.P;
    /// @dev Bytes that keccak256 absorbs at once.
    uint256 private constant BLOCK = 136;
    /// @dev Z = 1, g(x) = x³ + 3: c1 = g(Z), c2 = −Z/2, c3 = √(−g(Z)·3Z²) with even c3, c4 = −4g(Z)/(3Z²).
    uint256 private constant C1 = 4;
    uint256 private constant C2 = 0x183227397098d014dc2822db40c0ac2ecbc0b548b438e5469e10460b6c3e7ea3;
    uint256 private constant C3 = 0x16789af3a83522eb353c98fc6b36d713d5d8d1cc5dffffffa;
    uint256 private constant C4 = 0x10216f7ba065e00de81ac1e7808072c9dd2b2385cd7b438469602eb24829a9bd;

    /// @notice The precompile for powers failed: out of gas.
    error NoPower();

    /// @notice hash_to_curve of `message` under the tag `dst` of at most 255 bytes.
    function hash(bytes memory dst, bytes memory message) internal view returns (G1 memory) {
        (uint256 u0, uint256 u1) = toField(dst, message);
        return Bn254.add(map(u0), map(u1));
    }

    /// @notice hash_to_field: two elements of 48 bytes each, modulo p.
    function toField(bytes memory dst, bytes memory message) internal pure returns (uint256 u0, uint256 u1) {
        bytes memory tag = abi.encodePacked(dst, uint8(dst.length));
        bytes32 b0 = keccak256(abi.encodePacked(new bytes(BLOCK), message, uint16(96), uint8(0), tag));
        bytes32 b1 = keccak256(abi.encodePacked(b0, uint8(1), tag));
        bytes32 b2 = keccak256(abi.encodePacked(b0 ^ b1, uint8(2), tag));
        bytes32 b3 = keccak256(abi.encodePacked(b0 ^ b2, uint8(3), tag));
        u0 = addmod(mulmod(uint256(b1), 1 << 128, P), uint256(b2) >> 128, P);
        // The second element's 48 bytes are the low half of b2 and all of b3.
        u1 = mulmod(uint256(b2) & type(uint128).max, 1 << 128, P);
        u1 = addmod(mulmod(u1, 1 << 128, P), uint256(b3), P);
    }

    /// @notice map_to_curve_svdw (RFC 9380, section F.1).
    function map(uint256 u) internal view returns (G1 memory) {
        uint256 a = mulmod(mulmod(u, u, P), C1, P);
        uint256 sum = addmod(1, a, P);
        uint256 difference = addmod(1, P - a, P);
        // The inverse of 0 is 0, which p − 2 as a power gives.
        uint256 inverse = power(mulmod(sum, difference, P), P - 2);
        uint256 shift = mulmod(mulmod(mulmod(u, difference, P), inverse, P), C3, P);
        uint256 x = addmod(C2, P - shift, P);
        (uint256 y, bool square) = root(x);
        if (!square) {
            x = addmod(C2, shift, P);
            (y, square) = root(x);
        }
        if (!square) {
            x = mulmod(mulmod(sum, sum, P), inverse, P);
            x = addmod(mulmod(mulmod(x, x, P), C4, P), 1, P);
            (y,) = root(x);
        }
        if (u & 1 != y & 1) y = P - y;
        return G1(x, y);
    }

    /// @dev A root of g(x), if it is a square. p is 3 modulo 4.
    function root(uint256 x) private view returns (uint256 y, bool square) {
        uint256 g = addmod(mulmod(mulmod(x, x, P), x, P), 3, P);
        y = power(g, (P + 1) / 4);
        square = mulmod(y, y, P) == g;
    }

    function power(uint256 base, uint256 exponent) private view returns (uint256) {
        uint256[6] memory input = [32, 32, 32, base, exponent, P];
        uint256[1] memory output;
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 5, input, 0xc0, output, 0x20)
        }
        if (!success) revert NoPower();
        return output[0];
    }
}
