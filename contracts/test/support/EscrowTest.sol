// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Escrow} from "../../src/Escrow.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {VerifierRouter} from "../../src/VerifierRouter.sol";
import {Asset} from "../../src/types/Asset.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {Terms} from "../../src/types/Terms.sol";
import {BeaconDouble} from "./BeaconDouble.sol";
import {Test} from "./Test.sol";
import {Token} from "./Tokens.sol";
import {Typed} from "./Typed.sol";

/// @notice An escrow in a token, a client with money, a rig with stake, and one job of theirs.
abstract contract EscrowTest is Test {
    uint256 internal constant CLIENT_KEY = 0xC11E;
    uint256 internal constant RIG_KEY = 0x1216;
    uint256 internal constant OTHER_KEY = 0x07EE;

    address internal immutable CLIENT = vm.addr(CLIENT_KEY);
    address internal immutable RIG = vm.addr(RIG_KEY);
    address internal immutable OTHER = vm.addr(OTHER_KEY);
    address internal immutable OWNER = vm.addr(0x0077);

    uint64 internal constant START = 1_800_000_000;
    /// Of the beacon.
    uint64 internal constant GENESIS = START - 1_000_000;
    uint64 internal constant PERIOD = 3;
    uint96 internal constant PRICE = 3 ether;
    uint96 internal constant FEE = 50 ether;
    uint96 internal constant STAKE = 1000 ether;
    uint32 internal constant MAX_TOKENS = 100;
    uint32 internal constant TOKENS = 40;
    uint96 internal constant ESCROWED = PRICE * MAX_TOKENS + FEE;

    Token internal token;
    Escrow internal escrow;
    BeaconDouble internal beacon;
    VerifierRouter internal router;
    Terms internal terms;
    Receipt internal receipt;

    function setUp() public virtual {
        vm.label(CLIENT, "client");
        vm.label(RIG, "rig");
        vm.label(OTHER, "other");
        vm.warp(START);
        deploy(new Token());
    }

    /// @notice Deploys an escrow in `asset`; client and rig have it, the rig has bonded twice what a job reserves.
    function deploy(Token asset) internal {
        token = asset;
        beacon = new BeaconDouble(GENESIS, PERIOD);
        router = new VerifierRouter(OWNER);
        escrow = new Escrow(Asset.wrap(address(asset)), OWNER, beacon, router);
        address[3] memory holders = [CLIENT, RIG, OTHER];
        for (uint256 i = 0; i < holders.length; i++) {
            asset.mint(holders[i], 1_000_000 ether);
            vm.prank(holders[i]);
            asset.approve(address(escrow), type(uint256).max);
        }
        (terms, receipt) = (someTerms(), someReceipt());
    }

    function someTerms() internal view returns (Terms memory) {
        return Terms({
            client: CLIENT,
            rig: RIG,
            jobDigest: keccak256("job"),
            manifest: keccak256("manifest"),
            record: 0,
            verifier: 0,
            prompt: 0,
            promptTokens: 0,
            maxTokens: MAX_TOKENS,
            draws: 0,
            pricePerToken: PRICE,
            proofFee: FEE,
            stake: STAKE,
            commitBy: START + 1 hours,
            acknowledgeBy: START + 2 hours,
            proveBy: 0
        });
    }

    function someReceipt() internal view returns (Receipt memory) {
        return Receipt({
            job: keccak256("job"),
            tokensRoot: keccak256("tokens"),
            tokenCount: TOKENS,
            tip: keccak256("tip"),
            positionsRoot: keccak256("positions"),
            settlementRoot: 0,
            rig: RIG
        });
    }

    function otherReceipt() internal view returns (Receipt memory other) {
        other = someReceipt();
        other.tokensRoot = keccak256("other tokens");
    }

    function id() internal view returns (bytes32) {
        return digest(Typed.hash(terms));
    }

    function digest(bytes32 structHash) internal view returns (bytes32) {
        return Typed.digest(address(escrow), structHash);
    }

    function sign(Receipt memory r) internal view returns (bytes memory) {
        return signed(RIG_KEY, digest(Typed.hash(r)));
    }

    /// @notice The client's signature under so many tokens of the receipt.
    function take(uint32 tokens) internal view returns (bytes memory) {
        return signed(CLIENT_KEY, digest(Typed.acknowledgement(id(), Typed.hash(receipt), tokens)));
    }

    function bond(uint96 amount) internal {
        vm.prank(RIG);
        escrow.bond(amount);
    }

    function open() internal {
        vm.prank(CLIENT);
        escrow.open(terms);
    }

    function commit() internal {
        bytes memory signature = sign(receipt);
        vm.prank(RIG);
        escrow.commit(terms, receipt, signature);
    }

    /// @notice A job that waits for its commit, and a rig with stake for two.
    function opened() internal {
        bond(2 * STAKE);
        open();
    }

    /// @notice A job that waits for its acknowledgement.
    function committed() internal {
        opened();
        commit();
    }

    function acknowledged() internal {
        committed();
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
    }

    function expired() internal {
        committed();
        vm.warp(terms.acknowledgeBy);
        escrow.expire(terms);
    }

    function slashTwice(Receipt memory other) internal {
        (bytes memory a, bytes memory b) = (sign(receipt), sign(other));
        escrow.slash(terms, receipt, a, other, b);
    }

    function account(address owner) internal view returns (ILedger.Account memory) {
        return escrow.account(owner);
    }

    function expectWrongState(IEscrow.State state) internal {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongState.selector, id(), state));
    }

    function assertState(IEscrow.State state, string memory claim) internal view {
        vm.assertEq(uint256(escrow.job(id()).state), uint256(state), claim);
    }
}
