package hub_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// setModes lets the flows of documents write as the mode says.
func (s *selling) setModes(mode merchant.Mode, since time.Time) {
	s.t.Helper()
	s.update(func(ctx context.Context, tx ports.Tx) error {
		for _, kind := range all() {
			if err := tx.Flows().SetMode(ctx, "flow-"+string(kind), mode, since); err != nil {
				return err
			}
		}
		return nil
	})
}

func captureOf(id string) order.Purchase {
	goods := row(order.GoodsRow, "Hat", 10000, 25)
	return capturing(bought(id, goods), "c-"+id, 10000, goods)
}

func TestFlowsOfDocumentsMakeNothingInShadowAndNothingOfBeforeAfterIt(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]time.Time{"booked by others until then": captured.Add(time.Hour), "booked by nobody": placed.AddDate(0, 0, -1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sell(t, `{}`, all(), captureOf("1001"))
			s.setModes(merchant.Shadow, placed.AddDate(0, 0, -1))
			s.learn("o-1001")
			require.Empty(t, s.books.made)
			require.Empty(t, s.books.orders)
			s.setModes(merchant.Live, since)
			s.learn("o-1001")
			require.Equal(t, since.Before(captured), len(s.books.made) > 0)
		})
	}
}

func TestFlowsOfDocumentsInApproveMakeWhatIsReleased(t *testing.T) {
	t.Parallel()
	s := sell(t, `{}`, all(), captureOf("1001"))
	s.setModes(merchant.Approve, placed.AddDate(0, 0, -1))
	s.learn("o-1001")
	require.Empty(t, s.books.made)
	require.Empty(t, s.books.orders)
	released := 0
	for range 5 { // each document lets the next be planned
		for _, kind := range all() {
			waiting, err := s.service.Unreleased(t.Context(), "flow-"+string(kind), 0, 100)
			require.NoError(t, err)
			for _, step := range waiting {
				_, err := s.service.Release(t.Context(), "flow-"+string(kind), []int64{step.ID}, "anna")
				require.NoError(t, err)
				released++
			}
		}
		s.work()
	}
	direct := sell(t, `{}`, all(), captureOf("1001"))
	direct.learn("o-1001")
	require.NotEmpty(t, direct.documents())
	require.Equal(t, direct.documents(), s.documents(), "released step by step it comes to what is made at once")
	require.Greater(t, released, 1)
}
