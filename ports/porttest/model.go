package porttest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// model compares a store with a plain picture of it over random sequences of what
// a flow does to the lines and steps of a payout, some of it undone half way.
func model(t *testing.T, open func(t *testing.T) Opened) {
	w, run := newWorld(t, open), 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		m := &machine{world: w, id: "model-" + strconv.Itoa(run)}
		w.update(func(ctx context.Context, tx ports.Tx) {
			w.ok(tx.Payouts().Create(ctx, aPayout(m.id, "MODEL-"+strconv.Itoa(run), 0)))
		})
		r.Repeat(map[string]func(*rapid.T){
			"append": m.append,
			"decide": m.decide,
			"mark":   m.mark,
			"clear":  m.clear,
			"plan":   m.plan,
			"save":   m.save,
			"":       m.compare,
		})
	})
}

// machine is a payout in the store and what it should look like.
type machine struct {
	*world
	id    string
	lines []ports.LineRecord
	steps []ports.Step
}

var errUndo = errors.New("undo")

// unit runs fn, and undoes it if the dice say so. It tells whether it was kept.
func (m *machine) unit(r *rapid.T, fn func(ctx context.Context, tx ports.Tx) error) (kept bool, err error) {
	undo := rapid.IntRange(0, 4).Draw(r, "undo") == 0
	err = m.store.Update(m.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if undo {
			return errUndo
		}
		return nil
	})
	if errors.Is(err, errUndo) {
		return false, nil
	}
	return err == nil, err
}

func (m *machine) append(r *rapid.T) {
	keys := rapid.SliceOfN(rapid.IntRange(0, 30), 0, 8).Draw(r, "keys")
	changed := rapid.IntRange(0, 9).Draw(r, "changed") == 0 && len(keys) > 0
	page := make([]payout.Line, len(keys))
	for i, key := range keys {
		page[i] = modelLine(key)
	}
	if changed {
		page[len(page)-1].RawType = "CHANGED"
	}
	want := slices.Clone(m.lines)
	var code fault.Code
	for _, l := range page {
		i := slices.IndexFunc(want, func(known ports.LineRecord) bool { return known.Key == l.Key })
		switch {
		case i < 0:
			want = append(want, ports.LineRecord{PayoutID: m.id, Ordinal: int64(len(want) + 1), Line: l, State: ports.LinePending})
		case want[i].RawType != l.RawType:
			code = payout.CodeContentChanged
		}
	}
	fresh := len(want) - len(m.lines)
	kept, err := m.unit(r, func(ctx context.Context, tx ports.Tx) error {
		added, known, err := tx.Lines().Append(ctx, m.id, page)
		if err == nil {
			require.Equal(r, []int{fresh, len(page) - fresh}, []int{added, known})
		}
		return err
	})
	require.Equal(r, code, fault.CodeOf(err))
	if kept {
		m.lines = want
	}
}

// modelLine gives the line that always has this key: of several kinds, groups and
// signs.
func modelLine(key int) payout.Line {
	l := payout.Line{
		Key: "key/" + strconv.Itoa(key), Kind: payout.Sale, RawType: "R" + strconv.Itoa(key%3), Gross: sek(int64(key)),
		FeeExVAT: sek(0), FeeVAT: sek(0), Group: "g" + strconv.Itoa(key%5),
	}
	if key%2 == 1 {
		l.Kind, l.Gross, l.FeeExVAT, l.FeeVAT = payout.Fee, sek(0), sek(int64(4*(key-15))), sek(int64(key-15))
	}
	return l
}

func (m *machine) decide(r *rapid.T) {
	if len(m.lines) == 0 {
		r.Skip("no lines")
	}
	states := []ports.LineState{ports.LinePending, ports.LineMatched, ports.LineNoDocument, ports.LineWaiting, ports.LineException}
	want, decisions := slices.Clone(m.lines), map[int]ports.LineDecision{}
	for range rapid.IntRange(1, 6).Draw(r, "decisions") {
		i := rapid.IntRange(0, len(want)-1).Draw(r, "line")
		want[i].State = rapid.SampledFrom(states).Draw(r, "state")
		want[i].Document = rapid.SampledFrom([]string{"", "1001"}).Draw(r, "document")
		decisions[i] = ports.LineDecision{LineID: want[i].ID, State: want[i].State, Document: want[i].Document}
	}
	kept, err := m.unit(r, func(ctx context.Context, tx ports.Tx) error {
		batch := make([]ports.LineDecision, 0, len(decisions))
		for _, d := range decisions {
			batch = append(batch, d)
		}
		return tx.Lines().Decide(ctx, batch)
	})
	require.NoError(r, err)
	if kept {
		m.lines = want
	}
}

func (m *machine) mark(r *rapid.T) {
	if len(m.lines) == 0 {
		r.Skip("no lines")
	}
	want := slices.Clone(m.lines)
	i := rapid.IntRange(0, len(want)-1).Draw(r, "line")
	for j := range want {
		fee := want[i].Kind != payout.Fee && want[j].Kind == payout.Fee && want[j].Group == want[i].Group
		want[j].Direct = want[j].Direct || i == j || fee
	}
	kept, err := m.unit(r, func(ctx context.Context, tx ports.Tx) error { return tx.Lines().MarkDirect(ctx, []int64{want[i].ID}) })
	require.NoError(r, err)
	if kept {
		m.lines = want
	}
}

func (m *machine) clear(r *rapid.T) {
	kept, err := m.unit(r, func(ctx context.Context, tx ports.Tx) error { return tx.Lines().Clear(ctx, m.id) })
	if len(m.steps) > 0 {
		require.Equal(r, ports.CodeConflict, fault.CodeOf(err))
		return
	}
	require.NoError(r, err)
	if kept {
		m.lines = nil
	}
}

func (m *machine) plan(r *rapid.T) {
	var batch []ports.Step
	want := slices.Clone(m.steps)
	for _, key := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 4).Draw(r, "keys") {
		s := aStep(m.id+"/"+strconv.Itoa(key), int64(key))
		s.PayoutID = m.id
		batch = append(batch, s)
		if !slices.ContainsFunc(want, func(known ports.Step) bool { return known.Key == s.Key }) {
			want = append(want, s)
		}
	}
	kept, err := m.unit(r, func(ctx context.Context, tx ports.Tx) error { return tx.Steps().Plan(ctx, batch) })
	require.NoError(r, err)
	if kept {
		m.steps = want
	}
}

func (m *machine) save(r *rapid.T) {
	if len(m.steps) == 0 {
		r.Skip("no steps")
	}
	want := slices.Clone(m.steps)
	i := rapid.IntRange(0, len(want)-1).Draw(r, "step")
	want[i].State = rapid.SampledFrom([]ports.StepState{
		ports.StepPlanned, ports.StepOpen, ports.StepDone, ports.StepParked, ports.StepDropped,
	}).Draw(r, "state")
	want[i].Attempt++
	kept, err := m.unit(r, func(ctx context.Context, tx ports.Tx) error { return tx.Steps().Save(ctx, want[i]) })
	require.NoError(r, err)
	if kept {
		m.steps = want
	}
}

// compare reads everything, in pages of random size, and takes over the ids that
// the store has given.
func (m *machine) compare(r *rapid.T) {
	size := rapid.IntRange(1, 12).Draw(r, "page size")
	m.view(func(ctx context.Context, tx ports.Tx) {
		var lines []ports.LineRecord
		for after, more := int64(0), true; more; {
			page, err := tx.Lines().After(ctx, m.id, after, size)
			require.NoError(r, err)
			lines, more = append(lines, page...), len(page) == size
			after = int64(len(lines))
		}
		require.Len(r, lines, len(m.lines))
		for i := range lines {
			m.lines[i].ID = lines[i].ID
			require.Equal(r, m.lines[i], lines[i])
		}
		var steps []ports.Step
		for after, more := int64(0), true; more; {
			page, err := tx.Steps().List(ctx, m.id, after, size)
			require.NoError(r, err)
			if steps, more = append(steps, page...), len(page) == size; more {
				after = page[size-1].ID
			}
		}
		require.Len(r, steps, len(m.steps))
		for i := range steps {
			m.steps[i].ID = steps[i].ID
			require.Equal(r, m.steps[i], steps[i])
		}
		m.compareSums(ctx, r, tx)
	})
}

func (m *machine) compareSums(ctx context.Context, r *rapid.T, tx ports.Tx) {
	states, fees := map[ports.LineState]int64{}, map[string]map[sumClass]payout.KindSum{}
	classes := map[sumClass]payout.KindSum{}
	for _, l := range m.lines {
		states[l.State]++
		c := sumClass{l.Kind, l.RawType, l.State == ports.LineMatched, l.Direct, l.FeeExVAT.Sign() < 0 || l.FeeVAT.Sign() < 0}
		classes[c], _ = classes[c].Add(l.Line)
		if l.Kind != payout.Fee {
			continue
		}
		if fees[l.Group] == nil {
			fees[l.Group] = map[sumClass]payout.KindSum{}
		}
		fees[l.Group][c], _ = fees[l.Group][c].Add(l.Line)
	}
	gotStates, err := tx.Lines().States(ctx, m.id)
	require.NoError(r, err)
	require.Equal(r, states, gotStates)
	gotFees, err := tx.Lines().GroupFees(ctx, m.id, []string{"g0", "g1", "g2", "g3", "g4"})
	require.NoError(r, err)
	require.Len(r, gotFees, len(fees))
	for group, sums := range gotFees {
		require.Equal(r, fees[group], byClass(sums))
	}
	sums, err := tx.Lines().Sums(ctx, m.id)
	require.NoError(r, err)
	require.Len(r, sums, len(classes))
	require.Equal(r, classes, byClass(sums))
	require.True(r, slices.IsSortedFunc(sums, func(a, b ports.LineSum) int {
		return cmp.Compare(slices.Index(payout.Kinds(), a.Kind), slices.Index(payout.Kinds(), b.Kind))
	}))
}

// sumClass is what tells sums apart.
type sumClass struct {
	kind                      payout.Kind
	rawType                   string
	settled, direct, negative bool
}

func byClass(sums []ports.LineSum) map[sumClass]payout.KindSum {
	classes := map[sumClass]payout.KindSum{}
	for _, s := range sums {
		c := sumClass{s.Kind, s.RawType, s.Settled, s.Direct, s.FeeExVAT.Sign() < 0 || s.FeeVAT.Sign() < 0}
		classes[c] = payout.KindSum{Kind: s.Kind, Lines: s.Lines, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT}
	}
	return classes
}
