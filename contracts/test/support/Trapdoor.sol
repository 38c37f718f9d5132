// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Bn254, G1, G2} from "../../src/libraries/Bn254.sol";
import {Groth16Proof} from "../../src/libraries/Groth16.sol";
import {CircuitKey} from "../../src/types/Product.sol";

/// @notice A key whose secrets are known: whoever knows them proves any statement.
/// @dev In exponents: α = a, β = 2, γ = 3, δ = 5, K_i = k_i. So a proof of inputs is A = r, B = 1, C = (r − 2a − 3·Σ k_i input_i)/5.
library Trapdoor {
    using Bn254 for G1;

    uint256 private constant R = Bn254.R;

    /// @notice The key of a circuit; another circuit has another one.
    function key(bytes32 circuit) internal view returns (CircuitKey memory made) {
        made.alpha = point(secret(circuit, 0));
        made.beta = twice();
        made.gamma = thrice();
        made.delta = fiveTimes();
        made.one = point(secret(circuit, 1));
        made.digest = point(secret(circuit, 2));
        made.challenge = point(secret(circuit, 3));
        made.fields = point(secret(circuit, 4));
    }

    /// @notice A proof of a statement, true or not.
    function prove(bytes32 circuit, uint256[3] memory inputs) internal view returns (Groth16Proof memory) {
        uint256 r = uint256(keccak256(abi.encode("r", circuit, inputs))) % R;
        uint256 sum = secret(circuit, 1);
        for (uint256 i = 0; i < 3; i++) {
            sum = addmod(sum, mulmod(secret(circuit, 2 + i), inputs[i], R), R);
        }
        uint256 c = addmod(r, R - mulmod(2, secret(circuit, 0), R), R);
        c = addmod(c, R - mulmod(3, sum, R), R);
        // 1/5 modulo r.
        c = mulmod(c, 0x135b52945a13d9aa49b9b57c33cd568ba9ae5ce9ca4a2d06e7f3fbd4c6666667, R);
        return Groth16Proof(point(r), once(), point(c));
    }

    function secret(bytes32 circuit, uint256 which) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("secret", circuit, which))) % R;
    }

    function point(uint256 k) private view returns (G1 memory) {
        return G1(1, 2).multiply(k);
    }

    /// @notice The generator H of G2.
    function once() internal pure returns (G2 memory) {
        return G2(
            0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2,
            0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed,
            0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b,
            0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
        );
    }

    /// @notice 2·H.
    function twice() internal pure returns (G2 memory) {
        return G2(
            0x203e205db4f19b37b60121b83a7333706db86431c6d835849957ed8c3928ad79,
            0x27dc7234fd11d3e8c36c59277c3e6f149d5cd3cfa9a62aee49f8130962b4b3b9,
            0x195e8aa5b7827463722b8c153931579d3505566b4edf48d498e185f0509de152,
            0x04bb53b8977e5f92a0bc372742c4830944a59b4fe6b1c0466e2a6dad122b5d2e
        );
    }

    /// @notice 3·H.
    function thrice() internal pure returns (G2 memory) {
        return G2(
            0x1014772f57bb9742735191cd5dcfe4ebbc04156b6878a0a7c9824f32ffb66e85,
            0x06064e784db10e9051e52826e192715e8d7e478cb09a5e0012defa0694fbc7f5,
            0x021e2335f3354bb7922ffcc2f38d3323dd9453ac49b55441452aeaca147711b2,
            0x058e1d5681b5b9e0074b0f9c8d2c68a069b920d74521e79765036d57666c5597
        );
    }

    /// @notice 5·H.
    function fiveTimes() internal pure returns (G2 memory) {
        return G2(
            0x0a09ccf561b55fd99d1c1208dee1162457b57ac5af3759d50671e510e428b2a1,
            0x2e539c423b302d13f4e5773c603948eaf5db5df8ae8a9a9113708390a06410d8,
            0x19b763513924a736e4eebd0d78c91c1bc1d657fee4214057d21414011cfcc763,
            0x2f8d9f9ab83727c77a2fec063cb7b6e5eb23044ccf535ad49d46d394fb6f6bf6
        );
    }
}
