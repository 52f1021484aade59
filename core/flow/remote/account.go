package remote

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/ports"
)

// accessToken is the credential that a connector gets in the place of those that
// tokens are bought with.
const accessToken = "access_token"

// Account is one merchant's account at a remote system. It is made for one piece
// of work and thrown away; what outlives it is the lane. It is safe for concurrent use.
type Account struct {
	desk      *Desk
	record    ports.ConnectionRecord
	connector ports.Connector
	// entered are the credentials as they were entered.
	entered map[string]string
	// granted are credentials that a subscription has brought.
	granted map[string]string
	lane    *lane.Lane
	terms   atomic.Pointer[terms]
}

// terms are what one version of the connector declares, and the credentials as that
// completes them.
type terms struct {
	description ports.Description
	credentials map[string]string
}

// describe gives the terms of the version that the connector is now.
func (a *Account) describe() *terms {
	t := &terms{a.connector.Describe(), a.entered}
	if t.description.OAuth != nil {
		declared, complete := t.description.OAuth.For(a.entered, a.desk.options.Clients[a.record.Connector])
		t.description.OAuth, t.credentials = &declared, complete
	}
	a.terms.Store(t)
	return t
}

// Record is the connection.
func (a *Account) Record() ports.ConnectionRecord { return a.record }

// Description is the connector's, of the version that made the last request or will
// make the first one.
func (a *Account) Description() ports.Description { return a.terms.Load().description }

// InFlight is how many requests may run at the same time.
func (a *Account) InFlight() int { return a.lane.InFlight() }

// Capability gives the connector as the interface of a capability, or a fault
// that says it lacks it.
func Capability[T any](a *Account, capability ports.Capability) (T, error) {
	return capable[T](a.connector, capability)
}

func capable[T any](connector ports.Connector, capability ports.Capability) (T, error) {
	implementation, ok := connector.(T)
	if description := connector.Describe(); !ok || !description.Has(capability) {
		var none T
		return none, fault.New(ports.CodeCapabilityMissing, fault.Validation,
			"the connector "+description.ID+" "+description.Version+" does not offer "+string(capability)).
			WithRemedy("choose a connection whose connector offers it")
	}
	return implementation, nil
}

// Verify checks the connection, with a fresh token: an old one may still have the
// rights of before.
func (a *Account) Verify(ctx context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	a.desk.tokens.Forget(a.record.ID, "")
	var report ports.VerifyReport
	_, err := a.once(ctx, "Verify", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		report, err = a.connector.Verify(ctx, req)
		return report.Usage, err
	})
	return report, err
}

// Do makes one request: it waits for the lane, completes the call with settings,
// credentials and a grant, and settles what the request cost. From the second
// attempt on the grant is that of a recovery. A token that the remote system
// refuses is dropped; as nothing happened then, the request is made once more with
// a new one.
func (a *Account) Do(ctx context.Context, operation string, attempt int, request func(context.Context, ports.Call) (ports.Usage, error)) error {
	refused, err := a.once(ctx, operation, attempt, request)
	if refused {
		_, err = a.once(ctx, operation, attempt, request)
	}
	return err
}

// once makes one request. It says whether a token was refused.
func (a *Account) once(ctx context.Context, operation string, attempt int, request func(context.Context, ports.Call) (ports.Usage, error)) (bool, error) {
	grant, under, calls, err := a.grant(ctx, operation, attempt)
	if err != nil {
		return false, err
	}
	call, err := a.call(ctx, under, calls)
	if err != nil {
		grant.Settle(ports.Usage{}, true)
		return false, err
	}
	noteServed(ctx, under.description.Version)
	deadline, cancel := context.WithTimeout(ctx, a.desk.options.Deadline)
	defer cancel()
	usage, err := request(deadline, call)
	known, refused := err == nil, false
	if err == nil {
		a.desk.note(a.record.ID)
	}
	if err != nil {
		usage, known = ports.UsageOf(err)
		if fault.ClassOf(err) == fault.NotSent && !known {
			usage, known = ports.Usage{}, true
		}
		if fault.ClassOf(err) == fault.Auth {
			refused = under.description.OAuth != nil
			a.desk.tokens.Forget(a.record.ID, call.Connection.Credentials[accessToken])
		}
	}
	grant.Settle(usage, known)
	Meter(ctx).add(under.description.ID, usage)
	return refused, err
}

// grant waits for the lane. Nothing has been sent when it fails. Meanwhile the connection
// may have been handed over to another version of the connector, which may ask for
// another grant; once the request has its grant, the version stays.
func (a *Account) grant(ctx context.Context, operation string, attempt int) (*lane.Grant, *terms, int, error) {
	under := a.terms.Load()
	for {
		grant, calls, err := a.take(ctx, under.description, operation, attempt)
		if err != nil || a.connector.Describe().Version == under.description.Version {
			return grant, under, calls, err
		}
		grant.Settle(ports.Usage{}, true)
		under = a.describe()
	}
}

func (a *Account) take(ctx context.Context, description ports.Description, operation string, attempt int) (*lane.Grant, int, error) {
	declared, ok := description.Operation(operation)
	if !ok {
		return nil, 0, fault.New(CodeOperationUndeclared, fault.NotSent, "the connector "+description.ID+" does not declare what "+operation+" costs").
			From(fault.Connector).WithRemedy("ask the connector's author to declare the operation")
	}
	calls := declared.Calls
	if attempt > 1 && declared.RecoveryCalls > 0 {
		calls = declared.RecoveryCalls
	}
	grant, err := a.lane.Take(ctx, calls)
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil, 0, fault.New(CodeGaveUp, fault.NotSent, "the request gave up waiting for its turn").Wrap(err)
	}
	return grant, calls, err
}

// call completes a request. It looks anew whether the connection is paused: accounts
// stay open for long, and a turn may come late.
func (a *Account) call(ctx context.Context, under *terms, grant int) (ports.Call, error) {
	if err := a.desk.usable(ctx, a.record.ID); err != nil {
		return ports.Call{}, err
	}
	credentials := under.credentials
	hosts := a.desk.options.Hosts[under.description.ID]
	if under.description.OAuth != nil {
		token, err := a.desk.tokens.Token(ctx, a.record.ID, *under.description.OAuth, under.credentials, hosts)
		if err != nil {
			return ports.Call{}, err
		}
		// The connector needs the token, not what the token was bought with.
		credentials = map[string]string{accessToken: token}
	}
	if len(a.granted) > 0 {
		credentials = maps.Clone(credentials)
		maps.Copy(credentials, a.granted)
	}
	return ports.Call{
		Connection: ports.Connection{ID: a.record.ID, Settings: a.record.Settings, Credentials: credentials, Hosts: hosts},
		Grant:      grant,
	}, nil
}
