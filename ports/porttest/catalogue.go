package porttest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func catalogue(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a version is kept whole, once":                                versionKept,
		"a version that is removed is gone":                            versionRemoved,
		"what is wanted is replaced, for a connection and for all":     wantedReplaced,
		"connections are listed by connector":                          connectionsOfConnector,
		"swaps are kept whole, replaced by id and listed newest first": swapsKept,
		"what one version has read and written":                        impactOfVersion,
	})
}

func aVersion(connector, version string) ports.InstalledVersion {
	return ports.InstalledVersion{
		Connector: connector, Version: version, SHA256: "ab12", Size: 12345678,
		Description: ports.Description{
			ID: connector, Name: "Klarna", Version: version, Protocol: 1, Capabilities: []ports.Capability{ports.CapabilityPayouts}, Hosts: []string{"https://api.klarna.com"},
			Settings: json.RawMessage(`{"type":"object"}`), Credentials: json.RawMessage(`{"type":"object"}`),
		},
		Origin: ports.OriginUpload, Signature: ports.Signature{Key: "E7620F1842B4E81F", Comment: "kvitt 1.0.0", Waiver: ""},
		Conformance: json.RawMessage(`{"level_reached": 3}`), Level: 3, InstalledAt: start(), InstalledBy: "anna (key-1)",
	}
}

func versionKept(w *world) {
	first, second, other := aVersion("klarna", "1.10.0"), aVersion("klarna", "1.9.0"), aVersion("acme", "0.1.0")
	other.Conformance, other.Signature = nil, ports.Signature{Waiver: "built here"}
	w.update(func(ctx context.Context, tx ports.Tx) {
		for _, v := range []ports.InstalledVersion{first, second, other} {
			w.ok(tx.Catalogue().Add(ctx, v))
		}
		changed := first
		changed.SHA256 = "cd34"
		w.fails(ports.CodeExists, tx.Catalogue().Add(ctx, changed))
		got, err := tx.Catalogue().Get(ctx, "klarna", "1.10.0")
		w.ok(err)
		require.Equal(w, first, got)
		list, err := tx.Catalogue().List(ctx)
		w.ok(err)
		require.Equal(w, []ports.InstalledVersion{other, first, second}, list, "oldest first, whatever the version's number")
	})
}

func versionRemoved(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Catalogue().Add(ctx, aVersion("klarna", "1.0.0")))
		w.ok(tx.Catalogue().Remove(ctx, "klarna", "1.0.0"))
		w.missing(tx.Catalogue().Remove(ctx, "klarna", "1.0.0"))
		_, err := tx.Catalogue().Get(ctx, "klarna", "1.0.0")
		w.missing(err)
	})
}

func wantedReplaced(w *world) {
	all := ports.Wanted{Connector: "klarna", Version: "1.0.0", At: start(), By: "hub", Reason: "the first one"}
	next := ports.Wanted{Connector: "klarna", Version: "1.1.0", Previous: "1.0.0", At: day(1), By: "anna (key-1)", Reason: "fees"}
	own := ports.Wanted{Connector: "klarna", ConnectionID: thePSP, Version: "1.2.0", Previous: "1.1.0", At: day(2), By: "anna (key-1)", Reason: "canary"}
	other := ports.Wanted{Connector: "acme", Version: "0.1.0", At: start(), By: "hub"}
	w.update(func(ctx context.Context, tx ports.Tx) {
		for _, wanted := range []ports.Wanted{all, own, other, next} {
			w.ok(tx.Catalogue().Want(ctx, wanted))
		}
		list, err := tx.Catalogue().Wanted(ctx)
		w.ok(err)
		require.Equal(w, []ports.Wanted{other, next, own}, list)
		w.ok(tx.Catalogue().Unpin(ctx, "klarna", thePSP))
		w.ok(tx.Catalogue().Unpin(ctx, "klarna", thePSP))
		w.ok(tx.Catalogue().Unpin(ctx, "klarna", ""))
		list, err = tx.Catalogue().Wanted(ctx)
		w.ok(err)
		require.Equal(w, []ports.Wanted{other, next}, list, "what is wanted for all stays")
	})
}

func connectionsOfConnector(w *world) {
	ids := func(connector string, page ports.Page) []string {
		var found []string
		w.view(func(ctx context.Context, tx ports.Tx) {
			list, err := tx.Catalogue().Connections(ctx, connector, page)
			w.ok(err)
			for _, c := range list {
				require.Equal(w, connector, c.Connector)
				found = append(found, c.ID)
			}
		})
		return found
	}
	stranger := aConnection("connection-x", "klarna")
	stranger.MerchantID = "merchant-2"
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-2")))
		w.ok(tx.Connections().Create(ctx, stranger))
	})
	all := ids("klarna", ports.Page{Limit: 10})
	require.ElementsMatch(w, []string{thePSP, "connection-x"}, all)
	require.Equal(w, all[:1], ids("klarna", ports.Page{Limit: 1}))
	require.Equal(w, all[1:], ids("klarna", ports.Page{After: all[0], Limit: 10}))
	require.Empty(w, ids("nobody", ports.Page{Limit: 10}))
}

func swapsKept(w *world) {
	swap := func(id, connector string) ports.Swap {
		return ports.Swap{
			ID: id, Connector: connector, From: "1.0.0", To: "1.1.0", Connections: []string{thePSP}, Live: true,
			State: ports.SwapComparing, By: "anna (key-1)", Reason: "fees", StartedAt: start(),
			Entered: []ports.SwapEntry{{State: ports.SwapChecking, At: start()}},
			Checks:  []ports.SwapCheck{{ConnectionID: thePSP, State: ports.CheckOK}},
			Payouts: 2, Lines: 81, Differ: 1, Differences: []ports.SwapDifference{{PayoutID: thePayout, Line: "k1", Field: "gross", Stored: "1.00 SEK", Read: "2.00 SEK", Blocks: true}},
		}
	}
	w.update(func(ctx context.Context, tx ports.Tx) {
		for _, s := range []ports.Swap{swap("swap-b", "klarna"), swap("swap-a", "klarna"), swap("swap-c", "fortnox")} {
			w.ok(tx.Catalogue().SaveSwap(ctx, s))
		}
		ended := swap("swap-b", "klarna")
		ended.State, ended.EndedAt, ended.Fault = ports.SwapRefused, day(1), &ports.FaultRecord{Code: "swap.differs", Reason: "one line", At: day(1)}
		w.ok(tx.Catalogue().SaveSwap(ctx, ended))
		got, err := tx.Catalogue().Swap(ctx, "swap-b")
		w.ok(err)
		require.Equal(w, ended, got)
		_, err = tx.Catalogue().Swap(ctx, "swap-x")
		w.missing(err)
		list, err := tx.Catalogue().Swaps(ctx, "klarna", ports.Page{Limit: 10})
		w.ok(err)
		require.Equal(w, []ports.Swap{swap("swap-a", "klarna"), ended}, list)
		list, err = tx.Catalogue().Swaps(ctx, "", ports.Page{After: "swap-c", Limit: 1})
		w.ok(err)
		require.Equal(w, []ports.Swap{swap("swap-a", "klarna")}, list)
	})
}

func impactOfVersion(w *world) {
	newer := aPayout("payout-9", "REF-9", 1)
	newer.ConnectorVersion = "2.0.0"
	open, done, parked := aStep("open", 0), aStep("done", 0), aStep("parked", 0)
	open.State, done.State, parked.State = ports.StepOpen, ports.StepDone, ports.StepParked
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Payouts().Create(ctx, newer))
		w.ok(tx.Steps().Plan(ctx, []ports.Step{open, done, parked}))
	})
	w.view(func(ctx context.Context, tx ports.Tx) {
		read, err := tx.Impact().Payouts(ctx, "klarna", "2.0.0", ports.Page{Limit: 10})
		w.ok(err)
		require.Len(w, read, 1)
		require.Equal(w, newer.ID, read[0].ID)
		read, err = tx.Impact().Payouts(ctx, "fortnox", "2.0.0", ports.Page{Limit: 10})
		w.ok(err)
		require.Empty(w, read, "another connector of that version")

		keys := func(connector, version string, unsettled bool, after int64) (list []string) {
			steps, err := tx.Impact().Steps(ctx, connector, version, unsettled, after, 10)
			w.ok(err)
			for _, s := range steps {
				list = append(list, s.Key)
			}
			return list
		}
		require.Equal(w, []string{open.Key, done.Key, parked.Key}, keys("fortnox", open.ConnectorVersion, false, 0))
		require.Equal(w, []string{open.Key, parked.Key}, keys("fortnox", open.ConnectorVersion, true, 0))
		require.Empty(w, keys("klarna", open.ConnectorVersion, false, 0), "what is read is not written")
		require.Empty(w, keys("fortnox", "9.9.9", false, 0))
		all, err := tx.Impact().Steps(ctx, "fortnox", open.ConnectorVersion, false, 0, 10)
		w.ok(err)
		require.Equal(w, []string{done.Key, parked.Key}, keys("fortnox", open.ConnectorVersion, false, all[0].ID))
	})
}
