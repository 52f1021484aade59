package ports

import (
	"context"
	"encoding/json"
	"time"
)

// InstalledVersion is one version of a connector in the catalogue. It never changes:
// another program is another version.
type InstalledVersion struct {
	Connector string
	Version   string
	// SHA256 of the program in lower-case hex, and its size in bytes.
	SHA256 string
	Size   int64
	// Description is what the program says of itself.
	Description Description
	// Origin is where it came from: OriginFolder, OriginUpload or OriginPath.
	Origin    string
	Signature Signature
	// Conformance is the report of the conformance suite about this very program, as
	// JSON, nil without one, and Level the level that it says was reached.
	Conformance json.RawMessage
	Level       int
	InstalledAt time.Time
	InstalledBy string
}

// Where a version came from.
const (
	// OriginFolder: it lay in the connectors' folder when the hub started.
	OriginFolder = "folder"
	OriginUpload = "upload"
	// OriginPath: it was installed from a file on the hub's machine.
	OriginPath = "path"
)

// Signature says whose word a version has. Without key it is unsigned, and if the hub's
// policy asks for a signature, somebody has waived it.
type Signature struct {
	// Key is the id of the minisign key, Comment what the signer vouches for beside the
	// program's bytes.
	Key     string `json:"key,omitempty"`
	Comment string `json:"comment,omitempty"`
	// Waiver is why somebody took the version without a signature.
	Waiver string `json:"waiver,omitempty"`
}

// Wanted says which version of a connector is wanted for a connection, or for all that
// are pinned to none.
type Wanted struct {
	Connector string
	// ConnectionID is empty for all connections that are pinned to none.
	ConnectionID string
	Version      string
	// Previous is the version before, to which an undo goes back; empty for none.
	Previous string
	At       time.Time
	By       string
	Reason   string
}

// CatalogueStore keeps the versions that are installed, and which are wanted.
type CatalogueStore interface {
	// Add fails with CodeExists if the version is there.
	Add(ctx context.Context, v InstalledVersion) error
	Get(ctx context.Context, connector, version string) (InstalledVersion, error)
	// List gives versions by connector, oldest first.
	List(ctx context.Context) ([]InstalledVersion, error)
	Remove(ctx context.Context, connector, version string) error
	// Want replaces what is wanted for the connection, or for all.
	Want(ctx context.Context, w Wanted) error
	// Unpin ends what is wanted for one connection, if anything is.
	Unpin(ctx context.Context, connector, connectionID string) error
	// Wanted gives what is wanted of all connectors, by connector and connection, that for
	// all first.
	Wanted(ctx context.Context) ([]Wanted, error)
	// Connections gives the connections of all merchants to a connector, by id.
	Connections(ctx context.Context, connector string, page Page) ([]ConnectionRecord, error)

	// SaveSwap stores a swap, new or changed.
	SaveSwap(ctx context.Context, s Swap) error
	Swap(ctx context.Context, id string) (Swap, error)
	// Swaps gives those of a connector, or of all if it is empty, newest first;
	// Page.After is an id.
	Swaps(ctx context.Context, connector string, page Page) ([]Swap, error)
}

// SwapState is how far the act of putting one version in the place of another has come.
type SwapState string

// The states of a swap, in their order; those from SwapDone on are its end.
const (
	// SwapChecking: the new version is started and checked with each connection.
	SwapChecking SwapState = "checking"
	// SwapComparing: it reads recent payouts anew.
	SwapComparing SwapState = "comparing"
	// SwapHandingOver: connections are handed over, lane by lane.
	SwapHandingOver SwapState = "handing_over"
	// SwapDraining: the old version ends its last calls.
	SwapDraining SwapState = "draining"
	// SwapWatching: the new version serves, and is watched.
	SwapWatching SwapState = "watching"
	SwapDone     SwapState = "done"
	// SwapRefused: nothing was changed, because a check or the comparison found a reason.
	SwapRefused SwapState = "refused"
	// SwapCancelled: somebody ended it; the old version serves.
	SwapCancelled SwapState = "cancelled"
	// SwapReturned: the old version serves again, because of Fault.
	SwapReturned SwapState = "returned"
)

// Ended reports whether the swap has come to its end.
func (s SwapState) Ended() bool {
	switch s {
	case SwapDone, SwapRefused, SwapCancelled, SwapReturned:
		return true
	case SwapChecking, SwapComparing, SwapHandingOver, SwapDraining, SwapWatching:
	}
	return false
}

// Swap is the act of putting one version of a connector in the place of another, and its
// report.
type Swap struct {
	ID        string `json:"id"`
	Connector string `json:"connector"`
	From      string `json:"from"`
	To        string `json:"to"`
	// Connections are those that are pinned to the new version; none stands for all that
	// are pinned to no version.
	Connections []string `json:"connections,omitempty"`
	// Undo says that it goes back to the version before: nothing is compared.
	Undo bool `json:"undo,omitempty"`
	// Before is the version to which an undo went back before the swap, empty for none.
	Before string `json:"before,omitempty"`
	// Live also reads the payouts of the comparison from the provider.
	Live bool `json:"live,omitempty"`
	// Accept takes differences of booked lines as known.
	Accept bool `json:"accept_differences,omitempty"`
	// Drain is how long lanes and the old version are waited for, Watch how long the new
	// one is watched.
	Drain time.Duration `json:"drain"`
	Watch time.Duration `json:"watch"`

	State     SwapState    `json:"state"`
	By        string       `json:"by"`
	Reason    string       `json:"reason"`
	StartedAt time.Time    `json:"started_at"`
	Entered   []SwapEntry  `json:"entered"`
	Fault     *FaultRecord `json:"fault,omitempty"`

	// Checks are of the connections that were checked with the new version.
	Checks []SwapCheck `json:"checks,omitempty"`
	// Payouts and Lines count what was read anew, Differ how many lines are read
	// otherwise; Differences lists the first of them.
	// NotCompared payouts could not be: their pages were not kept, or the version reads none.
	Payouts     int              `json:"payouts"`
	NotCompared int              `json:"not_compared"`
	Lines       int64            `json:"lines"`
	Differ      int64            `json:"differ"`
	Differences []SwapDifference `json:"differences,omitempty"`
	// Lanes are to be handed over, Moved have been; InFlight calls hold up the next one.
	Lanes    int `json:"lanes"`
	Moved    int `json:"moved"`
	InFlight int `json:"in_flight"`
	// WatchUntil is when the watch ends.
	WatchUntil time.Time `json:"watch_until,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
}

// SwapEntry says when a swap has entered a state.
type SwapEntry struct {
	State SwapState `json:"state"`
	At    time.Time `json:"at"`
}

// SwapCheck is how the new version fares with a connection.
type SwapCheck struct {
	ConnectionID string     `json:"connection"`
	State        CheckState `json:"state"`
	Detail       string     `json:"detail,omitempty"`
}

// SwapDifference is a field of a line that the new version reads otherwise. A line that
// is read only now, or no longer, has the field "key".
type SwapDifference struct {
	PayoutID string `json:"payout"`
	Line     string `json:"line"`
	Field    string `json:"field"`
	Stored   string `json:"stored"`
	Read     string `json:"read"`
	// Blocks: the line is booked, and the field decides what is booked.
	Blocks bool `json:"blocks"`
}

// ImpactStore answers what one version of a connector did.
type ImpactStore interface {
	// Payouts gives the payouts that a version has read, by id.
	Payouts(ctx context.Context, connector, version string, page Page) ([]PayoutRecord, error)
	// Steps gives what a version has written, or was about to write, after an id and by
	// id; unsettled leaves only those that are open or parked.
	Steps(ctx context.Context, connector, version string, unsettled bool, after int64, limit int) ([]Step, error)
}
