// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../src/UnitVerifier.sol";
import {IEscrow} from "../src/interfaces/IEscrow.sol";
import {IUnitVerifier} from "../src/interfaces/IUnitVerifier.sol";
import {Lanes} from "../src/libraries/Lanes.sol";
import {ContestTest} from "./support/ContestTest.sol";
import {VerifierDouble} from "./support/VerifierDouble.sol";

/// @notice A rig is paid on proofs only where every kind of step can be decided.
contract LanesTest is ContestTest {
    function test_proofs_of_matrix_products_alone_never_suffice() public {
        vm.assertTrue(!Lanes.suffices(Lanes.LINEAR_KINDS), "matrix products alone");
        expectRefused(new VerifierDouble(Lanes.LINEAR_KINDS));
    }

    function testFuzz_only_all_fourteen_kinds_suffice(uint16 decidable) public pure {
        vm.assertTrue(Lanes.suffices(decidable) == (decidable == 0x3fff), "all fourteen and nothing else");
    }

    function testFuzz_no_job_opens_with_a_verifier_of_fewer_kinds(uint16 decidable) public {
        vm.assume(decidable != 0x3fff);
        expectRefused(new VerifierDouble(decidable));
    }

    function test_no_single_kind_may_be_missing() public pure {
        for (uint256 kind = 0; kind < 14; kind++) {
            vm.assertTrue(!Lanes.suffices(uint16(0x3fff ^ (1 << kind))), "one is missing");
        }
    }

    function test_the_verifier_of_this_version_opens_the_lane() public {
        UnitVerifier shipped = new UnitVerifier();
        vm.assertTrue(Lanes.suffices(shipped.decidable()), "all fourteen");
        terms.verifier = 0x61737999;
        vm.prank(OWNER);
        router.add(terms.verifier, shipped);
        open();
        vm.assertEq(address(escrow.job(id()).verifier), address(shipped), "the job is its");
    }

    function test_a_silent_client_is_never_paid_for() public {
        (terms, receipt) = (someTerms(), someReceipt());
        expired();
        vm.assertEq(account(RIG).credit, 0, "without the contested lane, nothing without the client");
    }

    function expectRefused(IUnitVerifier verifier) private {
        terms.verifier = 0x61737999;
        vm.prank(OWNER);
        router.add(terms.verifier, verifier);
        bytes memory reason =
            abi.encodeWithSelector(IEscrow.VerifierDoesNotSuffice.selector, terms.verifier, verifier.decidable());
        vm.expectRevert(reason);
        open();
    }
}
