// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IUnitVerifier} from "../../src/interfaces/IUnitVerifier.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {VerifierDouble} from "./VerifierDouble.sol";

/// @notice The same client and rig, whose job is in the contested lane, with a beacon and a verifier that the test decides.
abstract contract ContestTest is EscrowTest {
    bytes4 internal constant SELECTOR = 0x61737901;
    uint32 internal constant DRAWS = 3;
    bytes32 internal constant RANDOMNESS = keccak256("what the round gave");

    IUnitVerifier internal verifier;

    function setUp() public virtual override {
        super.setUp();
        verifier = new VerifierDouble(0x3fff);
        use(SELECTOR, verifier);
        contest();
    }

    /// @notice Adds a verifier.
    function use(bytes4 selector, IUnitVerifier verifier_) internal {
        vm.prank(OWNER);
        router.add(selector, verifier_);
    }

    /// @notice Puts the job into the contested lane.
    function contest() internal {
        terms.verifier = SELECTOR;
        terms.record = keccak256("record");
        terms.prompt = keccak256("prompt");
        (terms.promptTokens, terms.draws) = (17, DRAWS);
        terms.proveBy = terms.acknowledgeBy + 2 days;
        receipt.settlementRoot = keccak256("settlement");
    }

    /// @notice The deciding round of a commit in this second.
    function roundOf(uint256 committedAt) internal pure returns (uint64) {
        return uint64((committedAt + 30 + 13 * 60 - GENESIS) / PERIOD + 2);
    }

    /// @notice Brings the deciding round of the job.
    function bring() internal {
        beacon.set(roundOf(escrow.job(id()).committedAt), RANDOMNESS);
    }

    /// @notice A job whose draws are known, at the first second at which they can be.
    function seeded() internal {
        committed();
        vm.warp(START + 15 minutes);
        bring();
        escrow.seed(terms);
    }

    /// @notice The rig answers, and so much is left of the draw.
    function answer(uint32 draw, bytes32 left) internal {
        vm.prank(RIG);
        escrow.prove(terms, receipt, draw, abi.encode(left));
    }

    function decide(uint32 draw) internal {
        answer(draw, 0);
    }

    /// @notice All draws but the last one.
    function decideAllButTheLast() internal {
        for (uint32 draw = 0; draw < terms.draws; draw++) {
            decide(draw);
        }
    }

    function proven() internal {
        seeded();
        decideAllButTheLast();
        decide(terms.draws);
    }

    function forfeited() internal {
        seeded();
        vm.warp(terms.proveBy);
        escrow.forfeit(terms);
    }
}
