package remote

import (
	"context"
	"errors"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/ports"
)

// accessToken is the credential that a connector gets in the place of those that
// tokens are bought with.
const accessToken = "access_token"

// Account is one merchant's account at a remote system. It is made for one piece
// of work and thrown away; what outlives it is the lane.
type Account struct {
	desk        *Desk
	record      ports.ConnectionRecord
	connector   ports.Connector
	description ports.Description
	credentials map[string]string
	lane        *lane.Lane
}

// Record is the connection.
func (a *Account) Record() ports.ConnectionRecord { return a.record }

// Description is the connector's.
func (a *Account) Description() ports.Description { return a.description }

// InFlight is how many requests may run at the same time.
func (a *Account) InFlight() int { return a.lane.InFlight() }

// Capability gives the connector as the interface of a capability, or a fault
// that says it lacks it.
func Capability[T any](a *Account, capability ports.Capability) (T, error) {
	implementation, ok := a.connector.(T)
	if !ok || !a.description.Has(capability) {
		var none T
		return none, fault.New(ports.CodeCapabilityMissing, fault.Validation,
			"the connector "+a.description.ID+" "+a.description.Version+" does not offer "+string(capability)).
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
	grant, calls, err := a.grant(ctx, operation, attempt)
	if err != nil {
		return false, err
	}
	call, err := a.call(ctx, calls)
	if err != nil {
		grant.Settle(ports.Usage{}, true)
		return false, err
	}
	deadline, cancel := context.WithTimeout(ctx, a.desk.options.Deadline)
	defer cancel()
	usage, err := request(deadline, call)
	known, refused := err == nil, false
	if err != nil {
		usage, known = ports.UsageOf(err)
		if fault.ClassOf(err) == fault.NotSent && !known {
			usage, known = ports.Usage{}, true
		}
		if fault.ClassOf(err) == fault.Auth {
			refused = a.description.OAuth != nil
			a.desk.tokens.Forget(a.record.ID, call.Connection.Credentials[accessToken])
		}
	}
	grant.Settle(usage, known)
	Meter(ctx).add(a.description.ID, usage)
	return refused, err
}

// grant waits for the lane. Nothing has been sent when it fails.
func (a *Account) grant(ctx context.Context, operation string, attempt int) (*lane.Grant, int, error) {
	declared, ok := a.description.Operation(operation)
	if !ok {
		return nil, 0, fault.New(CodeOperationUndeclared, fault.NotSent, "the connector "+a.description.ID+" does not declare what "+operation+" costs").
			From(fault.Connector).WithRemedy("ask the connector's author to declare the operation")
	}
	calls := declared.Calls
	if attempt > 1 && declared.RecoveryCalls > 0 {
		calls = declared.RecoveryCalls
	}
	grant, err := a.lane.Take(ctx, calls)
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil, 0, fault.New("lane.gave_up", fault.NotSent, "the request gave up waiting for its turn").Wrap(err)
	}
	return grant, calls, err
}

// call completes a request. It looks anew whether the connection is paused: accounts
// stay open for long, and a turn may come late.
func (a *Account) call(ctx context.Context, grant int) (ports.Call, error) {
	if err := a.desk.usable(ctx, a.record.ID); err != nil {
		return ports.Call{}, err
	}
	credentials := a.credentials
	hosts := a.desk.options.Hosts[a.description.ID]
	if a.description.OAuth != nil {
		token, err := a.desk.tokens.Token(ctx, a.record.ID, *a.description.OAuth, a.credentials, hosts)
		if err != nil {
			return ports.Call{}, err
		}
		// The connector needs the token, not what the token was bought with.
		credentials = map[string]string{accessToken: token}
	}
	return ports.Call{
		Connection: ports.Connection{ID: a.record.ID, Settings: a.record.Settings, Credentials: credentials, Hosts: hosts},
		Grant:      grant,
	}, nil
}
