package hub_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// fakeShop is the system of a web shop: orders by the moment of their last change,
// paged by moment and number.
type fakeShop struct {
	mu       sync.Mutex
	pageSize int
	orders   map[string]ports.ShopOrder
	changed  map[string]time.Time
	// beforePage runs before each page and may fail the call.
	beforePage func(page int) error
	pages      int
	since      []time.Time
}

func newFakeShop(pageSize int) *fakeShop {
	return &fakeShop{pageSize: pageSize, orders: map[string]ports.ShopOrder{}, changed: map[string]time.Time{}}
}

// put gives the shop an order, or changes it.
func (f *fakeShop) put(at time.Time, o ports.ShopOrder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders[o.Number], f.changed[o.Number] = o, at
}

func (f *fakeShop) Describe() ports.Description {
	return ports.Description{
		ID: "fakeshop", Name: "Fakeshop", Version: "1.0.0", Protocol: ports.ProtocolVersion,
		Settings: json.RawMessage(`{"type":"object"}`), Credentials: json.RawMessage(`{"type":"object"}`),
		Quota:      ports.Quota{InFlight: 1},
		Operations: []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "ListOrders", Calls: 1}},
	}
}

func (f *fakeShop) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{AccountID: "shop.example.com", Usage: ports.Usage{Calls: 1}}, nil
}

func (f *fakeShop) ListOrders(_ context.Context, req ports.ListOrdersRequest) (ports.OrderPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages++
	if f.beforePage != nil {
		if err := f.beforePage(f.pages); err != nil {
			return ports.OrderPage{}, err
		}
	}
	if req.Cursor == "" {
		f.since = append(f.since, req.Since)
	}
	page := ports.OrderPage{Watermark: req.Since, Usage: ports.Usage{Calls: 1}}
	for _, number := range f.sequence() {
		place := f.place(number)
		if f.changed[number].Before(req.Since) || place <= req.Cursor {
			continue
		}
		if len(page.Orders) == f.pageSize {
			page.Next, page.Watermark = f.place(page.Orders[f.pageSize-1].Number), time.Time{}
			break
		}
		page.Orders, page.Watermark = append(page.Orders, f.orders[number]), f.changed[number]
	}
	return f.withBytes(page), nil
}

func (f *fakeShop) place(number string) string {
	return f.changed[number].UTC().Format(time.RFC3339) + "/" + number
}

func (f *fakeShop) sequence() []string {
	var numbers []string
	for number := range f.orders {
		numbers = append(numbers, number)
	}
	slices.SortFunc(numbers, func(a, b string) int { return cmp.Compare(f.place(a), f.place(b)) })
	return numbers
}

// withBytes points every order to its bytes in the page.
func (*fakeShop) withBytes(page ports.OrderPage) ports.OrderPage {
	var text strings.Builder
	for i := range page.Orders {
		page.Orders[i].Raw.Offset = int64(text.Len())
		text.WriteString(page.Orders[i].Number)
		page.Orders[i].Raw.Length = int64(text.Len()) - page.Orders[i].Raw.Offset
	}
	if text.Len() == 0 {
		return page
	}
	sum := sha256.Sum256([]byte(text.String()))
	name := hex.EncodeToString(sum[:])
	for i := range page.Orders {
		page.Orders[i].Raw = payout.Raw{Page: name, Offset: page.Orders[i].Raw.Offset, Length: page.Orders[i].Raw.Length}
	}
	page.Raw = []ports.RawPage{{SHA256: name, MediaType: "text/plain", Bytes: []byte(text.String())}}
	return page
}
