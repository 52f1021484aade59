package suite

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/internal/remote"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// stage is a connector and a simulator in its first state, for one case.
type stage struct {
	*Session
	far        *remote.Remote
	c          *launch.Connector
	connection ports.Connection
	props      []func()
}

// stage sets up a new connector and a new simulator.
func (s *Session) stage(ctx context.Context) (*stage, error) {
	c, err := s.setup.Way.Start(ctx, launch.Options{})
	if err != nil {
		return nil, err
	}
	st, err := s.stageWith(ctx, c)
	if err != nil {
		s.retire(c)
		return nil, err
	}
	return st, nil
}

// stageWith sets up a new simulator beside a connector, and a connection to it.
func (s *Session) stageWith(ctx context.Context, c *launch.Connector) (*stage, error) {
	far, err := s.setup.Remote.Start(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.stages++
	id := fmt.Sprintf("conformance-%d", s.stages)
	s.mu.Unlock()
	st := &stage{Session: s, far: far, c: c, connection: ports.Connection{
		ID: id, Settings: s.setup.Plan.Settings, Credentials: maps.Clone(s.setup.Plan.Credentials), Hosts: s.hosts(far.URL),
	}}
	if err := st.login(ctx); err != nil {
		far.Stop()
		return nil, err
	}
	return st, far.Forget(ctx)
}

// hosts puts one base URL in the place of every host that the connector declares.
func (s *Session) hosts(url string) map[string]string {
	hosts := make(map[string]string, len(s.description.Hosts))
	for _, declared := range s.description.Hosts {
		hosts[declared] = url
	}
	return hosts
}

// login has the hub's part of OAuth done: the connector gets the token alone.
func (st *stage) login(ctx context.Context) error {
	if st.description.OAuth == nil {
		return nil
	}
	token, err := buyToken(ctx, *st.description.OAuth, st.setup.Plan.Credentials, st.far.URL)
	if err != nil {
		return err
	}
	st.connection.Credentials = map[string]string{accessToken: token}
	st.learnSecret(accessToken, token)
	return nil
}

// strike takes the stage down.
func (st *stage) strike() {
	for _, prop := range st.props {
		prop()
	}
	st.retire(st.c)
	st.far.Stop()
}

// later has something done when the stage is taken down.
func (st *stage) later(f func()) { st.props = append(st.props, f) }

// fresh sets up another simulator in its first state for the same connector.
func (st *stage) fresh(ctx context.Context) (*stage, error) {
	other, err := st.stageWith(ctx, st.c)
	if err != nil {
		return nil, err
	}
	st.later(other.far.Stop)
	return other, nil
}

// restart puts a new connector in the place of the one there is. The remote
// system and the connection stay.
func (st *stage) restart(ctx context.Context, o launch.Options) error {
	c, err := st.setup.Way.Start(ctx, o)
	if err != nil {
		return err
	}
	st.retire(st.c)
	st.c = c
	return nil
}

// granted is a call with what the connector declares that an attempt may spend.
func (st *stage) granted(method string, attempt int) ports.Call {
	return ports.Call{Connection: st.connection, Grant: st.grant(method, attempt)}
}

func (s *Session) grant(method string, attempt int) int {
	const undeclared = 100 // describe.operations reports it
	op, ok := s.description.Operation(method)
	switch {
	case !ok:
		return undeclared
	case attempt > 1 && op.RecoveryCalls > 0:
		return op.RecoveryCalls
	}
	return op.Calls
}

// within gives the context of a call: with its deadline and its logger.
func (st *stage) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, st.setup.Patience)
	return st.c.Context(ctx), cancel
}

// listen keeps the text of a failure for the cases about secrets.
func (st *stage) listen(method string, err error) {
	if err != nil {
		st.hear("an error of "+method, describeError(err))
	}
}

// count gives the requests that have arrived since the log was emptied.
func (st *stage) count(ctx context.Context) (int, error) {
	log, err := st.far.Requests(ctx)
	return log.Total, err
}

// strikeWith puts one fault in force and empties the request log.
func (st *stage) strikeWith(ctx context.Context, f simulator.Fault) error {
	if err := st.far.Heal(ctx); err != nil {
		return err
	}
	if err := st.far.Forget(ctx); err != nil {
		return err
	}
	return st.far.Fault(ctx, f)
}

// await waits until something holds, or the session's patience ends.
func (st *stage) await(ctx context.Context, holds func() (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, st.setup.Patience)
	defer cancel()
	const pause = 2 * time.Millisecond
	for {
		if ok, err := holds(); ok || err != nil {
			return ok, err
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-time.After(pause):
		}
	}
}

// listing writes requests for people.
func listing(log simulator.RequestLog) string {
	var paths []string
	for _, r := range log.Requests {
		paths = append(paths, r.Method+" "+r.Path)
	}
	return strings.Join(paths, ", ")
}
