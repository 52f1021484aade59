package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
)

func callbacks() capability {
	without := lacks(ports.CapabilityCallbacks)
	unsigned := func(s *Session) string {
		if reason := without(s); reason != "" {
			return reason
		}
		if s.setup.Plan.Callbacks != nil && s.setup.Plan.Callbacks.Unsigned {
			return "the plan says that the provider signs nothing"
		}
		return ""
	}
	return capability{name: ports.CapabilityCallbacks, cases: []Case{
		{
			ID: "callbacks.declared", Level: 1, After: []string{"describe.static"}, unfit: without, run: checkDeclaredCallbacks,
			Title: "The description says how messages are answered: with which methods they come, a status of 200 to 299 and, if there is one, a body with its media type.",
			Why:   "The hub answers before the connector has seen the message. A provider that gets another answer than it waits for sends the message again, and gives up in the end.",
		},
		{
			ID: "callbacks.read", Level: 2, After: []string{"callbacks.declared"}, unfit: without, run: checkReadCallbacks,
			Title: "Of every message of the plan the connector gives the notices that the plan names.",
			Why:   "What is not noticed waits for the next scheduled run.",
		},
		{
			ID: "callbacks.again", Level: 2, After: []string{"callbacks.read"}, unfit: without, run: checkCallbacksAgain,
			Title: "A message that is read again, or by the next connector, gives the same notices with the same events.",
			Why:   "Providers send again what they have sent. What the hub does not know again wakes its flows again.",
		},
		{
			ID: "callbacks.forged", Level: 2, After: []string{"callbacks.read"}, unfit: unsigned, run: checkForgedCallbacks,
			Title: "A message that was changed, and one without its headers, is a fault of class auth.",
			Why:   "Whoever learns the address could otherwise make the hub call the provider as often as they like.",
		},
		{
			ID: "callbacks.garbage", Level: 2, After: []string{"callbacks.forged", "callbacks.read"}, unfit: without, run: checkGarbage,
			Title: "What is no message of the provider's is a fault of class validation, or auth if nobody has signed it, and never a crash.",
			Why:   "The hub keeps what cannot be read for a person. It tries again what failed in any other way, and gives up only after some time.",
		},
		{
			ID: "callbacks.offline", Level: 2, After: []string{"callbacks.read"}, unfit: without, run: checkOffline,
			Title: "Reading a message makes no call to the remote system.",
			Why:   "The hub grants none: messages are read outside the lane, also while a limit is used up.",
		},
		{
			ID: "callbacks.hidden", Level: 2, After: []string{"callbacks.read", "callbacks.garbage", "secrets.hidden"}, unfit: without, run: checkHiddenCallbacks,
			Title: "No credential stands in a log or an error about a message, genuine or not.",
			Why:   "Whoever knows the secret of signatures can forge messages.",
		},
	}}
}

func checkDeclaredCallbacks(_ context.Context, st *stage) error {
	c := st.description.Callbacks
	if c == nil {
		return wrong("Describe", "no callbacks", "how messages are answered")
	}
	for _, method := range c.Methods {
		if method != http.MethodPost && method != http.MethodGet {
			return wrong("Describe", "messages by "+method, "POST or GET")
		}
	}
	switch {
	case len(c.Methods) == 0:
		return wrong("Describe", "no method of messages", "POST, GET or both")
	case c.Status < http.StatusOK || c.Status >= http.StatusMultipleChoices:
		return wrong("Describe", fmt.Sprintf("the status %d", c.Status), "one of 200 to 299")
	case len(c.Body) > ports.MaxAcknowledgement:
		return wrong("Describe", fmt.Sprintf("an answer of %d bytes", len(c.Body)), fmt.Sprintf("at most %d", ports.MaxAcknowledgement))
	case c.Body != "" && (c.MediaType == "" || c.Status == http.StatusNoContent):
		return wrong("Describe", fmt.Sprintf("a body of type %q with status %d", c.MediaType, c.Status), "a media type, and a status that has a body")
	}
	return nil
}

// messages gives those of the plan as the hub would hand them on.
func (st *stage) messages() ([]ports.CallbackRequest, error) {
	p := st.setup.Plan.Callbacks
	if p == nil || len(p.Messages) == 0 {
		return nil, wrong("conformance.json", "no callbacks.messages", "examples of what the provider sends: the connector offers "+string(ports.CapabilityCallbacks))
	}
	var all []ports.CallbackRequest
	for _, m := range p.Messages {
		all = append(all, ports.CallbackRequest{
			Call: ports.Call{Connection: st.entered()}, Method: m.Method, Query: m.Query, Headers: m.Headers, Body: []byte(m.Body), ReceivedAt: st.receivedAt(m),
		})
	}
	return all, nil
}

func (st *stage) receivedAt(m plan.Message) time.Time {
	if m.ReceivedAt.IsZero() {
		return st.setup.Remote.World.Now.UTC()
	}
	return m.ReceivedAt.UTC()
}

// entered is the connection with its credentials as a merchant entered them, but for
// those that tokens are bought with.
func (st *stage) entered() ports.Connection {
	connection := st.connection
	connection.Credentials = maps.Clone(st.setup.Plan.Credentials)
	if oauth := st.description.OAuth; oauth != nil {
		delete(connection.Credentials, oauth.ClientID)
		delete(connection.Credentials, oauth.ClientSecret)
	}
	return connection
}

func (st *stage) readMessage(ctx context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	reader, err := as[ports.CallbackReader](st.c.Connector)
	if err != nil {
		return ports.CallbackReading{}, err
	}
	ctx, cancel := st.within(ctx)
	defer cancel()
	reading, err := reader.ReadCallback(ctx, req)
	st.listen("ReadCallback", err)
	return reading, err
}

// eachMessage reads every message of the plan.
func (st *stage) eachMessage(ctx context.Context, do func(call string, i int, req ports.CallbackRequest, got ports.CallbackReading) error) error {
	all, err := st.messages()
	if err != nil {
		return err
	}
	for i, req := range all {
		call := fmt.Sprintf("ReadCallback of message %d of the plan", i)
		got, err := st.readMessage(ctx, req)
		if err != nil {
			return wrong(call, err, "its notices")
		}
		if err := do(call, i, req, got); err != nil {
			return err
		}
	}
	return nil
}

func checkReadCallbacks(ctx context.Context, st *stage) error {
	return st.eachMessage(ctx, func(call string, i int, _ ports.CallbackRequest, got ports.CallbackReading) error {
		want := st.setup.Plan.Callbacks.Messages[i].Notices
		var told []plan.Notice
		for _, n := range got.Notices {
			if !slices.Contains(ports.Subjects(), n.Subject) {
				return wrong(call, fmt.Sprintf("the subject %q", n.Subject), "one of the subjects that there are")
			}
			told = append(told, plan.Notice{Subject: string(n.Subject), ID: n.ID, Order: n.Order})
		}
		if !slices.Equal(told, want) {
			return wrong(call, fmt.Sprintf("the notices %+v", told), fmt.Sprintf("%+v", want))
		}
		return nil
	})
}

func checkCallbacksAgain(ctx context.Context, st *stage) error {
	before := map[int]string{}
	read := func(again bool) error {
		return st.eachMessage(ctx, func(call string, i int, _ ports.CallbackRequest, got ports.CallbackReading) error {
			text, err := json.Marshal(got)
			if err == nil && again && string(text) != before[i] {
				return wrong(call+" again", string(text), before[i])
			}
			before[i] = string(text)
			return err
		})
	}
	if err := read(false); err != nil {
		return err
	}
	if err := read(true); err != nil {
		return err
	}
	if err := st.restart(ctx, launch.Options{}); err != nil {
		return err
	}
	return read(true)
}

func checkForgedCallbacks(ctx context.Context, st *stage) error {
	return st.eachMessage(ctx, func(call string, _ int, req ports.CallbackRequest, _ ports.CallbackReading) error {
		for how, forged := range forgeries(req) {
			if got, err := st.readMessage(ctx, forged); fault.ClassOf(err) != fault.Auth || err == nil {
				return wrong(call+how, outcomeOf(got, err), "class auth")
			}
		}
		return nil
	})
}

func outcomeOf(got ports.CallbackReading, err error) any {
	if err != nil {
		return err
	}
	return fmt.Sprintf("the notices %+v", got.Notices)
}

// forgeries are messages that nobody has signed.
func forgeries(req ports.CallbackRequest) map[string]ports.CallbackRequest {
	longer, bare := req, req
	longer.Body = append(slices.Clone(req.Body), ' ')
	bare.Headers = nil
	return map[string]ports.CallbackRequest{" with a space behind its body": longer, " without headers": bare}
}

// garbage are bodies that are no message of anybody's.
func garbage() []string {
	return []string{"\x00\xff\xfe", "{", "[]", "null", `"text"`, "<html></html>", `{"a":{"b":[1,2,{}]}}`}
}

func checkGarbage(ctx context.Context, st *stage) error {
	all, err := st.messages()
	if err != nil {
		return err
	}
	for _, body := range garbage() {
		req := all[0]
		req.Body = []byte(body)
		got, err := st.readMessage(ctx, req)
		if class := fault.ClassOf(err); err == nil || class != fault.Validation && class != fault.Auth {
			return wrong(fmt.Sprintf("ReadCallback of %q", body), outcomeOf(got, err), "class validation or auth")
		}
	}
	return nil
}

func checkOffline(ctx context.Context, st *stage) error {
	if err := st.far.Forget(ctx); err != nil {
		return err
	}
	if err := st.eachMessage(ctx, func(string, int, ports.CallbackRequest, ports.CallbackReading) error { return nil }); err != nil {
		return err
	}
	made, err := st.count(ctx)
	if err == nil && made > 0 {
		return wrong("ReadCallback", fmt.Sprintf("%d requests to the remote system", made), "none")
	}
	return err
}

func checkHiddenCallbacks(ctx context.Context, st *stage) error {
	err := st.eachMessage(ctx, func(_ string, _ int, req ports.CallbackRequest, _ ports.CallbackReading) error {
		for _, forged := range forgeries(req) {
			_, _ = st.readMessage(ctx, forged) // what it says is heard
		}
		return nil
	})
	if err != nil {
		return err
	}
	st.hear(inLog, st.c.Log())
	return st.searchHeard()
}
