package hub

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/adapters/journal"
	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/discovery"
	"github.com/kvitt/kvitt/core/flow/invoicing"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/core/flow/timetable"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
	"github.com/kvitt/kvitt/server/config"
)

// flowModule provides the use cases.
func flowModule() fx.Option {
	return fx.Module("flows",
		fx.Provide(
			readClients,
			newKeeper,
			newDesk,
			newSettlement,
			newExchange,
			newRegistration,
			newInvoicing,
			newEngine,
			newTimetable,
			newOnboarding,
			newDiscovery,
			func(store ports.Store) *statement.Reader { return statement.New(store) },
			newReconciliation,
			newCallbacks,
			newSubscriptions,
			replay.New,
		),
	)
}

// newDesk makes the one desk of the hub. Its lanes are left in good order when the
// hub stops, after the queue has ended the work that uses them.
func newDesk(lc fx.Lifecycle, cfg config.Config, store ports.Store, catalogue ports.Catalogue, secrets ports.Secrets, tokens *consent.Keeper, clients clients) *remote.Desk {
	quotas := map[string]ports.Quota{}
	for connector, q := range cfg.Quotas {
		quotas[connector] = ports.Quota{Calls: q.Calls, Window: q.Window, InFlight: q.InFlight}
	}
	desk := remote.NewDesk(store, catalogue, secrets, tokens, clock.Machine{}, remote.Options{
		Owner: nodeName(), Hosts: cfg.Hosts, Quotas: quotas, Clients: clients, Deadline: cfg.Timings.Call,
	})
	lc.Append(fx.StopHook(desk.Close))
	return desk
}

func newSettlement(cfg config.Config, store ports.Store, desk *remote.Desk, business ports.BusinessClock, rates exchange.Table, log hclog.Logger) *settlement.Service {
	options := settlement.DefaultOptions()
	options.Rates = rates
	options.Slice, options.Backoff, options.Attempts = cfg.Timings.Slice, cfg.Timings.Backoff, cfg.Timings.Attempts
	return settlement.New(store, desk, business, time.Now, pdf.Proofs{}, log.Named("settlement"), options)
}

// readRates gives the table of VAT rates that the operator names, or else kvitt's own.
func readRates(cfg config.Config) (tax.Table, error) {
	if cfg.VATRates == "" {
		return tax.StandardTable(), nil
	}
	text, err := os.ReadFile(cfg.VATRates)
	if err != nil {
		return tax.Table{}, fmt.Errorf("reading the table of VAT rates: %w", err)
	}
	table, err := tax.ParseTable(text)
	if err != nil {
		return tax.Table{}, fmt.Errorf("reading the table of VAT rates %s: %w", cfg.VATRates, err)
	}
	return table, nil
}

// newExchange gives the exchange rates that the operator has loaded, or none.
func newExchange(cfg config.Config) (exchange.Table, error) {
	if cfg.ExchangeRates == "" {
		return exchange.Table{}, nil
	}
	file, err := os.Open(cfg.ExchangeRates)
	if err != nil {
		return exchange.Table{}, fmt.Errorf("reading the exchange rates: %w", err)
	}
	table, err := exchange.ParseTable(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return exchange.Table{}, fmt.Errorf("reading the exchange rates %s: %w", cfg.ExchangeRates, err)
	}
	return table, nil
}

func newRegistration(cfg config.Config, store ports.Store, desk *remote.Desk, business ports.BusinessClock, rates tax.Table, log hclog.Logger) *registration.Service {
	return registration.New(store, desk, business, time.Now, rates, log.Named("registration"), registration.Options{
		Slice: cfg.Timings.Slice, Attempts: cfg.Timings.Attempts,
	})
}

func newInvoicing(cfg config.Config, store ports.Store, desk *remote.Desk, business ports.BusinessClock, rates tax.Table, log hclog.Logger) *invoicing.Service {
	return invoicing.New(store, desk, business, time.Now, rates, log.Named("invoicing"), invoicing.Options{
		Slice: cfg.Timings.Slice, Attempts: cfg.Timings.Attempts,
	})
}

func newTimetable(cfg config.Config, store ports.Store, business ports.BusinessClock, log hclog.Logger) *timetable.Service {
	return timetable.New(store, business, time.Now, log.Named("timetable"), cfg.Timings.Tick)
}

func newOnboarding(store ports.Store, catalogue ports.Catalogue, desk *remote.Desk, secrets ports.Secrets, tokens *consent.Keeper, subscriptions *subscription.Service, business ports.BusinessClock) *onboarding.Service {
	return onboarding.New(onboarding.Parts{
		Store: store, Catalogue: catalogue, Remote: desk, Secrets: secrets, Tokens: tokens, Consents: tokens, Subscriptions: subscriptions, Schemas: jsonschema.New(),
		Clock: business, Now: time.Now, Random: rand.Reader,
	})
}

// newCallbacks makes the service that takes what providers send.
func newCallbacks(cfg config.Config, store ports.Store, desk *remote.Desk, catalogue ports.Catalogue, documents *invoicing.Service, log hclog.Logger) *callback.Service {
	return callback.New(callback.Parts{
		Store: store, Desk: desk, Catalogue: catalogue, Learner: documents, Now: time.Now, Random: rand.Reader, Log: log.Named("callback"),
		Options: callback.Options{
			Grace: cfg.Callbacks.Grace, Retention: cfg.Callbacks.Retention, Attempts: cfg.Timings.Attempts, Backoff: cfg.Timings.Backoff,
		},
	})
}

// newSubscriptions makes the service that has providers send their messages.
func newSubscriptions(cfg config.Config, store ports.Store, desk *remote.Desk, catalogue ports.Catalogue, secrets ports.Secrets, callbacks *callback.Service, log hclog.Logger) *subscription.Service {
	return subscription.New(subscription.Parts{
		Store: store, Remote: desk, Addresses: callbacks, Catalogue: catalogue, Secrets: secrets, Now: time.Now, Log: log.Named("subscription"),
		URL: func(connectionID, token string) string {
			if cfg.PublicURL == "" {
				return "" // where the hub listens is no address for the internet
			}
			return rest.CallbackURL(cfg.PublicURL, connectionID, token)
		},
		Backoff: cfg.Timings.Backoff,
	})
}

func newDiscovery(store ports.Store, desk *remote.Desk, business ports.BusinessClock) *discovery.Service {
	return discovery.New(store, desk, business)
}

func newReconciliation(store ports.Store, exporter *onboarding.Service, payouts *settlement.Service) *reconciliation.Service {
	return reconciliation.New(reconciliation.Parts{
		Store: store, Exporter: exporter, Ledgers: sie.Books{}, Journals: journal.Vouchers{}, Plans: payouts, Payments: payouts,
		Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
}
