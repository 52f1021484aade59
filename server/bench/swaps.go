package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/hub"
	"github.com/kvitt/kvitt/server/memory"
)

// swapped is what callers notice of versions that change places.
type swapped struct {
	Connections, Swaps int
	// Calls and their time from asking to the answer, where no lane was being handed over
	// and where one was.
	Calls, Moving           int64
	Median, P99             time.Duration
	MovingMedian, MovingP99 time.Duration
	MovingMost              time.Duration
	Failed                  int64
	HandOver                time.Duration // median, of all lanes
	InstallToServing        time.Duration // from the request that sends the program to the last lane
}

// fleet is what many connectors weigh that all run, in KiB.
type fleet struct {
	Connectors, Versions int
	HubBefore, HubAfter  int64 // of the hub's process, with none and with all of them
	RSS, PSS             int64 // of all their processes
}

// measureSwaps has callers call through every connection of a whole hub without a pause
// while two versions of their connector change places.
func measureSwaps(ctx context.Context, folder string, connections, swaps int) (swapped, error) {
	r := swapped{Connections: connections, Swaps: swaps}
	programs := make([]string, 2)
	for i := range programs {
		place := filepath.Join(folder, fmt.Sprintf("version-%d", i))
		var err error
		if programs[i], err = build(ctx, place, "server/bench/generator", fmt.Sprintf("version=1.0.%d", i)); err != nil {
			return r, err
		}
	}
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.Connectors = "127.0.0.1:0", filepath.Join(folder, "data"), filepath.Dir(programs[0])
	var desk *remote.Desk
	h, err := hub.Start(ctx, cfg, hclog.NewNullLogger(), fx.Populate(&desk))
	if err != nil {
		return r, err
	}
	defer func() { _ = h.Stop(context.WithoutCancel(ctx)) }()
	key, err := os.ReadFile(filepath.Join(cfg.Data, "operator.key"))
	if err != nil {
		return r, err
	}
	b := &swapBench{hub: h, client: client.New(h.URL, strings.TrimSpace(string(key))), key: strings.TrimSpace(string(key)), desk: desk, result: &r}
	if err := b.connect(ctx, connections); err != nil {
		return r, err
	}
	return r, b.run(ctx, programs[1], swaps)
}

type swapBench struct {
	hub         *hub.Hub
	client      *client.Client
	key         string
	desk        *remote.Desk
	connections []string
	moving      atomic.Bool
	result      *swapped

	mu          sync.Mutex
	usual, held []time.Duration
}

func (b *swapBench) connect(ctx context.Context, connections int) error {
	for n := range connections {
		var merchant api.Merchant
		err := b.client.Post(ctx, "/v1/merchants", map[string]any{
			"name": fmt.Sprintf("Bench %d AB", n), "organisation_number": "556016-0680", "country": "SE", "zone": "Europe/Stockholm", "currency": "SEK",
		}, &merchant)
		if err != nil {
			return err
		}
		var made api.Connection
		err = b.client.Post(ctx, "/v1/merchants/"+merchant.ID+"/connections", map[string]any{"connector": "generator", "settings": map[string]any{"lines": 1}, "credentials": map[string]any{}}, &made)
		if err == nil {
			err = b.client.Post(ctx, "/v1/connections/"+made.ID+"/verify", nil, nil)
		}
		if err != nil {
			return err
		}
		b.connections = append(b.connections, made.ID)
	}
	return nil
}

// run swaps there and back while callers call.
func (b *swapBench) run(ctx context.Context, program string, swaps int) error {
	calling, stop := context.WithCancel(ctx)
	var callers sync.WaitGroup
	for _, id := range b.connections {
		callers.Go(func() { b.call(calling, id) })
	}
	err := b.swapThereAndBack(ctx, program, swaps)
	stop()
	callers.Wait()
	r := b.result
	r.Median, r.P99, _ = quantiles(b.usual)
	r.MovingMedian, r.MovingP99, r.MovingMost = quantiles(b.held)
	r.Calls, r.Moving = int64(len(b.usual)), int64(len(b.held))
	return err
}

func quantiles(all []time.Duration) (median, p99, most time.Duration) {
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
}

func (b *swapBench) call(ctx context.Context, connection string) {
	account, err := b.desk.Open(ctx, connection)
	if err != nil {
		atomic.AddInt64(&b.result.Failed, 1)
		return
	}
	source, err := remote.Capability[ports.PayoutSource](account, ports.CapabilityPayouts)
	if err != nil {
		atomic.AddInt64(&b.result.Failed, 1)
		return
	}
	for ctx.Err() == nil {
		moving, began := b.moving.Load(), time.Now()
		err := account.Do(ctx, "ListPayouts", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			page, err := source.ListPayouts(ctx, ports.ListPayoutsRequest{Call: call})
			return page.Usage, err
		})
		took := time.Since(began)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			atomic.AddInt64(&b.result.Failed, 1)
		}
		b.mu.Lock()
		if moving || b.moving.Load() {
			b.held = append(b.held, took)
		} else {
			b.usual = append(b.usual, took)
		}
		b.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

func (b *swapBench) swapThereAndBack(ctx context.Context, program string, swaps int) error {
	began := time.Now()
	if err := b.install(ctx, program); err != nil {
		return err
	}
	var handOvers []time.Duration
	for n := range swaps {
		to := []string{"1.0.1", "1.0.0"}[n%2]
		var s api.Swap
		b.moving.Store(true)
		err := b.client.Post(ctx, "/v1/connectors/generator/swaps", map[string]any{"to": to, "reason": "bench", "watch_seconds": 1}, &s)
		if err != nil {
			return err
		}
		for s.State != api.SwapStateWatching {
			if s.EndedAt != nil {
				return fmt.Errorf("the swap ended %s: %+v", s.State, s.Fault)
			}
			time.Sleep(time.Millisecond)
			if err := b.client.Get(ctx, "/v1/swaps/"+s.ID, &s); err != nil {
				return err
			}
		}
		b.moving.Store(false)
		if n == 0 {
			b.result.InstallToServing = time.Since(began)
		}
		handOvers = append(handOvers, between(s, "handing_over", "draining"))
		for s.EndedAt == nil {
			time.Sleep(20 * time.Millisecond)
			if err := b.client.Get(ctx, "/v1/swaps/"+s.ID, &s); err != nil {
				return err
			}
		}
		if s.State != api.SwapStateDone {
			return fmt.Errorf("the swap ended %s: %+v", s.State, s.Fault)
		}
	}
	b.result.HandOver, _, _ = quantiles(handOvers)
	return nil
}

func between(s api.Swap, from, to string) time.Duration {
	var began, ended time.Time
	for _, e := range s.Entered {
		switch e.State {
		case from:
			began = e.At
		case to:
			ended = e.At
		}
	}
	return ended.Sub(began)
}

func (b *swapBench) install(ctx context.Context, program string) error {
	file, err := os.Open(program)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(text)
	sum := hex.EncodeToString(digest[:])
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, b.hub.URL+"/v1/connector-uploads/"+sum, file)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+b.key)
	req.Header.Set("Content-Type", "application/octet-stream")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("sending a program was answered with %d", answer.StatusCode))
	}
	return b.client.Post(ctx, "/v1/connector-versions", map[string]any{"upload": sum}, nil)
}

// measureFleet starts two versions of many connectors in one host, and weighs the hub's
// process and theirs.
func measureFleet(ctx context.Context, folder string, connectors int) (fleet, error) {
	f := fleet{Connectors: connectors, Versions: 2}
	memory.Tune() // as the hub does
	host, err := pluginhost.New(pluginhost.Config{Dir: filepath.Join(folder, "fleet")})
	if err != nil {
		return f, err
	}
	defer func() { _ = host.Stop(context.WithoutCancel(ctx)) }()
	f.HubBefore, _ = weight(os.Getpid())
	for n := range connectors {
		for v := range f.Versions {
			program, err := build(ctx, filepath.Join(folder, fmt.Sprintf("fleet-%d-%d", n, v)), "server/bench/generator", fmt.Sprintf("id=generator-%d", n), fmt.Sprintf("version=1.0.%d", v))
			if err != nil {
				return f, err
			}
			instance, err := host.Load(ctx, pluginhost.Source{Path: program})
			if err == nil {
				err = instance.Start(ctx)
			}
			if err != nil {
				return f, err
			}
		}
	}
	f.HubAfter, _ = weight(os.Getpid())
	for _, instance := range host.Connectors() {
		rss, pss := weight(instance.Status().PID)
		f.RSS += rss
		f.PSS += pss
	}
	return f, nil
}

func reportSwaps(out io.Writer, r swapped, f fleet) error {
	err := table(out, fmt.Sprintf("%d swaps of a connector while %d connections call it without a pause", r.Swaps, r.Connections), [][]string{
		{"calls", "median", "p99", "during swaps", "median", "p99", "longest", "failed", "all lanes", "install to serving"},
		{
			grouped(r.Calls), milliseconds(r.Median), milliseconds(r.P99), grouped(r.Moving), milliseconds(r.MovingMedian), milliseconds(r.MovingP99),
			milliseconds(r.MovingMost), grouped(r.Failed), milliseconds(r.HandOver), milliseconds(r.InstallToServing),
		},
	})
	if err != nil {
		return err
	}
	return table(out, fmt.Sprintf("%d connectors in %d versions each, all running", f.Connectors, f.Versions), [][]string{
		{"hub without", "hub with", "their RSS", "their PSS"},
		{mebibytes(f.HubBefore), mebibytes(f.HubAfter), mebibytes(f.RSS), mebibytes(f.PSS)},
	})
}
