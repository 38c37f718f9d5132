// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../src/interfaces/IEscrow.sol";
import {Lanes} from "../src/libraries/Lanes.sol";
import {EscrowTest} from "./support/EscrowTest.sol";

/// @notice Nothing is paid on proofs. These tests fail when somebody opens the lane, and that is what they are for.
contract LanesTest is EscrowTest {
    function test_the_contested_lane_is_closed() public pure {
        vm.assertTrue(!Lanes.CONTESTED_LANE_OPEN, "closed");
    }

    function testFuzz_no_job_can_ask_for_it(bytes4 verifier) public {
        vm.assume(verifier != 0);
        terms.verifier = verifier;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ContestedLaneClosed.selector, verifier));
        open();
    }

    function test_proofs_of_matrix_products_alone_never_suffice() public pure {
        vm.assertTrue(!Lanes.suffices(Lanes.LINEAR_KINDS), "matrix products alone");
    }

    function testFuzz_only_all_fourteen_kinds_suffice(uint16 decidable) public pure {
        vm.assertTrue(Lanes.suffices(decidable) == (decidable == 0x3fff), "all fourteen and nothing else");
    }

    function test_a_silent_client_is_never_paid_for() public {
        expired();
        vm.assertEq(account(RIG).credit, 0, "nothing without the client");
    }
}
