package suite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// capability is what the suite knows of one capability.
type capability struct {
	name ports.Capability
	// reads and writes are the methods that the connector must declare.
	reads, writes []string
	// registers are methods that write and have cases of their own: what they make is no
	// document, and is not told by a key.
	registers []string
	// learn finds out what there is to ask about.
	learn func(context.Context, *stage, *facts) error
	// opening are questions that need no facts.
	opening func(*Session) []question
	// questions are those whose answers follow from the facts.
	questions func(*Session, *facts) []question
	// writings are the writes that the plan and the facts allow.
	writings func(*Session, *facts) []writing
	// traces are what the connector's own reads show of what was written, without
	// numbers that the remote system counts up.
	traces func(context.Context, *stage) ([]string, error)
	cases  []Case
}

// capabilities lists all that the suite knows.
func capabilities() []capability {
	return []capability{
		payouts(), purchases(), orders(), documents(), payments(), releases(), vouchers(), attachments(), choices(), books(), callbacks(), subscriptions(), pages(),
		orderBook(), invoices(),
	}
}

// facts are what the connector has told of the plan's world.
type facts struct {
	payouts []payout.Payout
	// purchases are the orders at a payment service provider that the plan names.
	purchases []order.Purchase
	// orders are those of a shop, and ordersUntil is the watermark after them.
	orders      []ports.ShopOrder
	ordersUntil time.Time
	// documents are the unpaid ones; open and credit are the first that can be paid.
	documents    []invoice.Document
	open, credit *invoice.Document
	watermark    string
}

// own lists the capabilities of the connector that the suite knows.
func (s *Session) own() []capability {
	var own []capability
	for _, c := range capabilities() {
		if s.description.Has(c.name) {
			own = append(own, c)
		}
	}
	return own
}

// discover has every capability find out what there is.
func (st *stage) discover(ctx context.Context) (*facts, error) {
	f := &facts{}
	for _, c := range st.own() {
		if c.learn == nil {
			continue
		}
		if err := c.learn(ctx, st, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// questions lists every question there is, Verify first.
func (s *Session) questions() []question {
	all := []question{s.verifying()}
	for _, c := range s.own() {
		if c.questions != nil && s.known != nil {
			all = append(all, c.questions(s, s.known)...)
		}
	}
	return all
}

// each puts something to every question.
func (s *Session) each(do func(question) error) error {
	for _, q := range s.questions() {
		if err := do(q); err != nil {
			return err
		}
	}
	return nil
}

// lacks says that the connector does not have a capability, or "".
func lacks(name ports.Capability) func(*Session) string {
	return func(s *Session) string {
		if s.description.Has(name) {
			return ""
		}
		return "the connector does not have the capability " + string(name)
	}
}

// verifying is the question that every connector answers.
func (s *Session) verifying() question {
	return question{method: "Verify", lenient: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.VerifyReport, error) {
			return c.Verify(ctx, s.verifyRequest(call, s.setup.Plan.Expect))
		}, tellVerify)}
}

func (s *Session) verifyRequest(call ports.Call, expect map[string][]string) ports.VerifyRequest {
	return ports.VerifyRequest{Call: call, Expect: expect, Today: s.setup.Remote.World.Now.UTC()}
}

func tellVerify(r ports.VerifyReport) answer {
	a := answer{usage: r.Usage}
	for _, check := range r.Checks {
		a.bad = a.bad || check.State == ports.CheckFailed
		a.entry(check.Name, payout.Raw{}, check)
	}
	a.entry("account", payout.Raw{}, r.AccountID+" "+r.AccountName)
	return a
}
