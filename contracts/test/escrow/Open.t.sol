// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Terms} from "../../src/types/Terms.sol";
import {EscrowTest} from "../support/EscrowTest.sol";

contract OpenTest is EscrowTest {
    function test_the_client_pays_for_all_tokens_and_the_proof_fee() public {
        uint256 before = token.balanceOf(CLIENT);
        vm.expectEmit(address(escrow));
        emit IEscrow.Opened(id(), CLIENT, RIG, terms);
        open();
        vm.assertEq(before - token.balanceOf(CLIENT), ESCROWED, "what the client paid");
        vm.assertEq(token.balanceOf(address(escrow)), ESCROWED, "what the escrow holds");
        assertState(IEscrow.State.Open, "the job is open");
    }

    function testFuzz_the_price_is_the_product_or_the_job_is_refused(uint96 price, uint96 fee, uint32 most) public {
        (terms.pricePerToken, terms.proofFee, terms.maxTokens) = (price, fee, most);
        uint256 whole = uint256(price) * most + fee;
        if (uint256(price) * most > type(uint96).max) {
            vm.expectRevert(
                abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 96, uint256(price) * most)
            );
        } else if (whole > type(uint96).max) {
            vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        } else {
            token.mint(CLIENT, whole);
        }
        open();
        if (whole <= type(uint96).max) vm.assertEq(token.balanceOf(address(escrow)), whole, "what the escrow holds");
    }

    function test_nobody_opens_a_job_for_another() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotClient.selector, OTHER));
        vm.prank(OTHER);
        escrow.open(terms);
    }

    function test_a_job_is_opened_once() public {
        open();
        expectWrongState(IEscrow.State.Open);
        open();
    }

    function test_a_job_that_ended_is_not_opened_again() public {
        open();
        vm.prank(RIG);
        escrow.refund(terms);
        expectWrongState(IEscrow.State.Refunded);
        open();
    }

    function testFuzz_deadlines_are_ahead_in_order_and_not_too_far(uint64 commitBy, uint64 acknowledgeBy) public {
        terms.commitBy = START - 2 + uint64(bound(commitBy, 0, 31 days));
        terms.acknowledgeBy = START - 2 + uint64(bound(acknowledgeBy, 0, 31 days));
        bool good = terms.commitBy > START && terms.acknowledgeBy > terms.commitBy
            && terms.acknowledgeBy <= START + escrow.MAX_JOB_TIME();
        if (!good) expectBadDeadlines();
        open();
    }

    function test_a_deadline_of_this_second_is_not_ahead() public {
        terms.commitBy = START;
        expectBadDeadlines();
        open();
        terms.commitBy = START + 1;
        open();
    }

    function test_the_client_has_at_least_a_second_to_acknowledge() public {
        terms.acknowledgeBy = terms.commitBy;
        expectBadDeadlines();
        open();
        terms.acknowledgeBy = terms.commitBy + 1;
        open();
    }

    function test_the_last_deadline_is_at_most_thirty_days_ahead() public {
        terms.acknowledgeBy = START + 30 days + 1;
        expectBadDeadlines();
        open();
        terms.acknowledgeBy = START + 30 days;
        open();
    }

    function test_every_field_of_the_terms_is_in_the_id() public view {
        bytes32 first = id();
        for (uint256 field = 0; field < 16; field++) {
            vm.assertTrue(escrow.jobId(altered(field)) != first, "an altered field makes another job");
        }
    }

    /// Bits beyond a field's type would make a second id of the same terms.
    function test_terms_have_one_writing() public {
        uint8[12] memory narrow = [0, 1, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        for (uint256 i = 0; i < narrow.length; i++) {
            bytes memory data = abi.encodeCall(IEscrow.open, (terms));
            uint256 place = 0x24 + 0x20 * uint256(narrow[i]);
            uint256 bit = narrow[i] == 5 ? 1 : 1 << 255;
            assembly ("memory-safe") {
                let word := add(data, place)
                mstore(word, xor(mload(word), bit))
            }
            vm.prank(CLIENT);
            (bool taken,) = address(escrow).call(data);
            vm.assertTrue(!taken, "a bit too many");
        }
        open();
    }

    function test_a_chain_and_a_contract_have_ids_of_their_own() public {
        bytes32 first = id();
        vm.chainId(7);
        vm.assertTrue(id() != first, "another chain makes another job");
        vm.chainId(31337);
        deploy(token);
        vm.assertTrue(id() != first, "another contract makes another job");
    }

    function test_a_pause_stops_new_jobs() public {
        vm.prank(OWNER);
        escrow.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        open();
        vm.prank(OWNER);
        escrow.unpause();
        open();
    }

    function expectBadDeadlines() private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadDeadlines.selector, terms.commitBy, terms.acknowledgeBy));
    }

    /// @dev The terms with one bit of one field changed.
    function altered(uint256 field) private view returns (Terms memory) {
        bytes memory words = abi.encode(terms);
        // The selector stands at the left of its word, everything else at the right.
        uint256 bit = field == 5 ? 1 << 255 : 1;
        assembly ("memory-safe") {
            let word := add(add(words, 0x20), mul(field, 0x20))
            mstore(word, xor(mload(word), bit))
        }
        return abi.decode(words, (Terms));
    }
}
