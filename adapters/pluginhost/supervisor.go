package pluginhost

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/wire"
)

var (
	errStopped   = errors.New("the connector host has been stopped")
	errNoStreams = errors.New("connectors are called, they do not stream")
)

// supervisor keeps the process of one connector running. To its callers it is a
// connection that is there whenever the process is.
type supervisor struct {
	program program
	config  Config
	starter *starter
	log     hclog.Logger
	secrets *secrets
	record  record
	journal journal
	work    sync.WaitGroup

	mu       sync.Mutex
	state    State
	process  *process
	attempt  chan struct{} // closed when the start under way has ended
	resting  chan struct{} // closed when the rest under way has ended, else nil
	stopping bool
	inFlight int
	drained  chan struct{} // closed when nothing is in flight, if somebody waits for that

	exits    []time.Time // within the window
	failures int         // since it last ran for a whole window
	retryAt  time.Time
	restarts int
	lastExit string
	remedy   string // of a start that failed
	exitedAt time.Time
	peak     int64 // of the memory of the process that ended last
}

var _ keeper = (*supervisor)(nil)

// Invoke makes one call. It fails with class NotSent if the connector is down;
// whatever happens from then on leaves the outcome open.
func (s *supervisor) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	s.secrets.learn(args)
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.config.CallTimeout)
		defer cancel()
	}
	p, err := s.acquire(ctx)
	if err != nil {
		s.record.refuse()
		return err
	}
	defer s.release()
	began := time.Now()
	err = p.conn.Invoke(ctx, method, args, reply, opts...)
	done := call{method: method, request: args, took: time.Since(began)}
	if err != nil {
		done.fault = wire.FaultOf(args, err)
	}
	if done.cutOff() {
		if p.forced.Load() || ctx.Err() != nil {
			done.fault = done.fault.From(fault.Hub) // nobody but the hub has ended it
		} else {
			p.broken.Store(true)
		}
	}
	s.record.note(ctx, done, s.secrets)
	return err
}

// NewStream is part of the interface of a connection; no service has streams.
func (s *supervisor) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errNoStreams
}

// start has the process ready before it is first called.
func (s *supervisor) start(ctx context.Context) error {
	if _, err := s.acquire(ctx); err != nil {
		return err
	}
	s.release()
	return nil
}

// acquire gives the process, starting it if it may be, and counts the call.
func (s *supervisor) acquire(ctx context.Context) (*process, error) {
	for {
		if ctx.Err() != nil {
			return nil, unavailable("the call's time was over before it began", 0)
		}
		p, attempt, err := s.admit()
		if err != nil || p != nil {
			return p, err
		}
		select {
		case <-attempt:
		case <-ctx.Done():
		}
	}
}

// admit gives the process, or the start or the rest to wait for, or the reason for
// neither.
func (s *supervisor) admit() (*process, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return nil, nil, unavailable("the connector is being stopped", 0)
	case s.state == Quarantined:
		return nil, nil, quarantined(s.lastExit)
	case s.resting != nil:
		return nil, s.resting, nil
	case s.state == Ready:
		s.inFlight++
		return s.process, nil, nil
	case s.state == Starting:
		return nil, s.attempt, nil
	}
	if wait := time.Until(s.retryAt); s.state == Backoff && wait > 0 {
		return nil, nil, unavailable("the connector is down and will be restarted, last: "+s.lastExit, wait).WithRemedy(s.remedy)
	}
	s.state = Starting
	s.attempt = make(chan struct{})
	s.work.Add(1)
	go s.launch()
	return nil, s.attempt, nil
}

func (s *supervisor) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if s.inFlight == 0 && s.drained != nil {
		close(s.drained)
		s.drained = nil
	}
}

// launch makes one attempt. It belongs to no call: a caller that gives up must
// not end what others wait for.
func (s *supervisor) launch() {
	defer s.work.Done()
	p, err := s.starter.start(s.program, newLogPump(voice{log: s.log, journal: &s.journal}, s.secrets))
	if err == nil {
		p.child.look(readProcesses(p.child.family()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(s.attempt)
	if err != nil {
		s.failed(reasonOf(err))
		return
	}
	s.state, s.process = Ready, p
	s.tell(hclog.Info, "connector is ready", "pid", p.child.processID(), "took", time.Since(p.began).Round(time.Millisecond).String())
	s.work.Add(1)
	go s.watch(p)
}

// reasonOf gives the two sentences of a fault, what is wrong and what to do.
func reasonOf(err error) (reason, remedy string) {
	if f := fault.Of(err); f != nil {
		return f.Reason, f.Remedy
	}
	return err.Error(), ""
}

// watch waits for the exit of a process that was ready.
func (s *supervisor) watch(p *process) {
	defer s.work.Done()
	<-p.child.exited
	s.gone(p)
	p.stop(s.config.KillTimeout)
}

// gone notes the exit of a process, once.
func (s *supervisor) gone(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != p {
		return
	}
	s.process = nil
	s.forgive(p)
	_, s.peak = p.child.usage()
	s.failed("the connector "+p.child.end(), "")
}

// forgive lets a process that has run for long enough start the back-off afresh. The
// caller holds the lock.
func (s *supervisor) forgive(p *process) {
	if !s.stopping && time.Since(p.since) >= s.config.Restart.Window {
		s.failures = 0
	}
}

// failed notes an exit or a start that came to nothing, and decides when the
// next one may be. The caller holds the lock.
func (s *supervisor) failed(reason, remedy string) {
	now := time.Now()
	reason = s.secrets.hide(reason)
	s.lastExit, s.remedy, s.exitedAt = reason, remedy, now
	if s.stopping {
		s.state = Stopped
		return
	}
	policy := s.config.Restart
	s.restarts++
	s.failures++
	kept := s.exits[:0]
	for _, at := range s.exits {
		if now.Sub(at) < policy.Window {
			kept = append(kept, at)
		}
	}
	s.exits = append(kept, now)
	if len(s.exits) > policy.Budget {
		s.state = Quarantined
		s.tell(hclog.Error, "connector is put in quarantine", "reason", reason, "exits", len(s.exits), "within", policy.Window.String())
		return
	}
	wait := backoff(policy, s.failures)
	s.state, s.retryAt = Backoff, now.Add(wait)
	s.tell(hclog.Warn, "connector is down", "reason", reason, "restart_in", wait.Round(time.Millisecond).String())
}

// backoff doubles with each failure and takes off up to a quarter by chance, so
// that connectors that fell together do not rise together.
func backoff(policy Restart, failures int) time.Duration {
	wait := policy.Most
	if shift := failures - 1; shift < 30 && policy.First<<shift < policy.Most {
		wait = policy.First << shift
	}
	return wait - rand.N(wait/4+1)
}

// reset releases the connector from quarantine or from its back-off.
func (s *supervisor) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exits, s.failures = nil, 0
	if s.state == Quarantined || s.state == Backoff {
		s.state = Idle
		s.tell(hclog.Info, "connector is released")
	}
}

// stop takes no more calls, lets those under way end until ctx does, and ends
// the process.
func (s *supervisor) stop(ctx context.Context) {
	s.mu.Lock()
	s.stopping = true
	drained := s.drain()
	s.mu.Unlock()
	if drained != nil {
		select {
		case <-drained:
		case <-ctx.Done():
			s.tell(hclog.Warn, "connector is stopped while calls are under way", "in_flight", s.status().InFlight)
		}
	}
	s.mu.Lock()
	p, attempt := s.process, s.attempt
	s.mu.Unlock()
	if p == nil && attempt != nil {
		<-attempt // a start ends by its own timeout
		s.mu.Lock()
		p = s.process
		s.mu.Unlock()
	}
	if p != nil {
		p.forced.Store(true)
		p.stop(s.config.KillTimeout)
	}
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = Stopped
	if p != nil {
		s.tell(hclog.Info, "connector is stopped")
	}
}
