package suite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/upstream"
)

const (
	codeSettings fault.Code = "acorn.settings"
	codeLogin    fault.Code = "acorn.login"
	codeCursor   fault.Code = "acorn.cursor"
	codeAnswer   fault.Code = "acorn.answer"
	codeTwo      fault.Code = "acorn.two_payments"
	codeGone     fault.Code = "acorn.gone"
)

// acorn is a small connector that keeps the contract, but for one thing: broken
// names what it does wrong, and is empty in the one that does everything right.
type acorn struct {
	broken string
	size   int
	// serial counts the connectors that came up before this one.
	serial int64

	calls    atomic.Int64
	inFlight atomic.Int64
	// failed500 says that a write was answered 500.
	failed500 atomic.Bool
	// failedHook says that a subscription could not be made, as far as is known.
	failedHook atomic.Bool
	mu         sync.Mutex
	cursors    map[string]string
	first      *ports.Connection
	// served counts the calls of each connection.
	served map[string]int
}

func newAcorn(broken string, size int) *acorn {
	return &acorn{broken: broken, size: size, cursors: map[string]string{}, served: map[string]int{}}
}

func (a *acorn) is(broken string) bool { return a.broken == broken }

const (
	oakHost           = "https://api.oak.example"
	settingsSchema    = `{"type":"object","additionalProperties":false,"properties":{"shop":{"type":"string"}}}`
	credentialsSchema = `{"type":"object","required":["api_key"],"properties":{"shop_id":{"type":"string"},"api_key":{"type":"string","writeOnly":true}}}`
)

func (a *acorn) Describe() ports.Description {
	d := ports.Description{
		ID: "acorn", Name: "Acorn", Version: "1.0.0", Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{
			ports.CapabilityPayouts, ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityVouchers,
			ports.CapabilityChoices, ports.CapabilityBooks, ports.CapabilityOrders, ports.CapabilityPurchases, ports.CapabilityCallbacks, ports.CapabilityPages,
		},
		Settings: json.RawMessage(settingsSchema), Credentials: json.RawMessage(credentialsSchema),
		Quota: ports.Quota{Calls: 100, Window: time.Second, InFlight: 2, Account: []string{"shop_id"}},
		Operations: []ports.Operation{
			{Name: "Verify", Calls: 4},
			{Name: "ListPayouts", Calls: 9},
			{Name: "ListPayoutLines", Calls: 1},
			{Name: "ListDocuments", Calls: 1},
			{Name: "FindDocuments", Calls: 1},
			{Name: "ListPayments", Calls: 1},
			{Name: "EnsurePayment", Calls: 2, RecoveryCalls: 3, Recovery: ports.RecoveryByDifference},
			{Name: "EnsureVoucher", Calls: 1, RecoveryCalls: 2, Recovery: ports.RecoverySearchable},
			{Name: "ListChoices", Calls: 1},
			{Name: "Period", Calls: 1},
			{Name: "ExportBooks", Calls: 1},
			{Name: "ListOrders", Calls: 1},
			{Name: "ReadPurchase", Calls: 2},
			{Name: "EnsureAttachment", Calls: 1, RecoveryCalls: 2, Recovery: ports.RecoverySearchable},
			{Name: "EnsureInvoice", Calls: 1, RecoveryCalls: 2, Recovery: ports.RecoverySearchable},
			{Name: "EnsureCredit", Calls: 2, RecoveryCalls: 3, Recovery: ports.RecoverySearchable},
			{Name: "EnsureBooked", Calls: 2, RecoveryCalls: 2, Recovery: ports.RecoveryByState},
			{Name: "EnsureCancelled", Calls: 2, RecoveryCalls: 2, Recovery: ports.RecoveryByState},
			{Name: "ReadInvoice", Calls: 1},
			{Name: "EnsureOrder", Calls: 1, RecoveryCalls: 2, Recovery: ports.RecoverySearchable},
			{Name: "EnsureOrderCancelled", Calls: 2, RecoveryCalls: 2, Recovery: ports.RecoveryByState},
			{Name: "CheckSubscription", Calls: 1},
			{Name: "EnsureSubscription", Calls: 4, Recovery: ports.RecoverySearchable},
			{Name: "EnsureUnsubscribed", Calls: 3, Recovery: ports.RecoveryByState},
		},
		Hosts:     []string{oakHost},
		Callbacks: &ports.Callbacks{Methods: []string{"POST"}, Status: 202, MediaType: "text/plain", Body: "[accepted]"},
	}
	if a.attaches() {
		d.Capabilities = append(d.Capabilities, ports.CapabilityAttachments)
	}
	if a.subscribes() {
		d.Capabilities = append(d.Capabilities, ports.CapabilitySubscribe)
		d.Callbacks.Granted = []string{"hook_secret"}
	}
	if a.sells() {
		d.Capabilities = append(d.Capabilities, ports.CapabilityInvoices, ports.CapabilityOrderBook)
	}
	a.misdescribe(&d)
	return d
}

// attaches tells whether the connector takes files: those whose fault is another one
// need not, as large ones take time. What was before an upgrade must be after it.
func (a *acorn) attaches() bool {
	_, upgraded := upgradeMutants()[a.broken]
	return a.broken == "" || upgraded || a.is("takes no large files")
}

// misdescribe is what broken connectors say of themselves.
func (a *acorn) misdescribe(d *ports.Description) {
	switch a.broken {
	case "describes itself anew each time":
		d.Name += strconv.FormatInt(a.calls.Add(1), 10)
	case "has a version with spaces":
		d.Version = "one point oh"
	case "calls a host without TLS":
		d.Hosts = []string{"http://api.oak.example"}
	case "does not declare an operation":
		d.Operations = d.Operations[:2]
	case "declares no recovery of a write":
		d.Operations[6].Recovery = ports.RecoveryNone
	case "has a quota without a window":
		d.Quota.Window = 0
	case "is another version each time it comes up":
		d.Version += "-" + strconv.FormatInt(a.serial, 10)
	case "declares more calls than its quota gives":
		d.Operations[1].Calls = d.Quota.Calls + 1
	case "declares a recovery of more calls than its quota gives":
		d.Operations[6].RecoveryCalls = d.Quota.Calls + 1
	case "counts its quota by a credential that is none":
		d.Quota.Account = []string{"company"}
	case "takes a list for settings":
		d.Settings = json.RawMessage(`{"properties":{"shop":{"type":"string"}}}`)
	case "has a schema that is none":
		d.Settings = json.RawMessage(`{"type":"objekt"}`)
	case "wants a credential that is no text":
		d.Credentials = json.RawMessage(strings.Replace(credentialsSchema, `"shop_id":{"type":"string"}`, `"shop_id":{"type":["string","integer"]}`, 1))
	case "does not flag a secret":
		d.Credentials = json.RawMessage(strings.Replace(credentialsSchema, `,"writeOnly":true`, "", 1))
	case "keeps a secret among the settings":
		d.Settings = json.RawMessage(strings.Replace(settingsSchema, `"properties":{`, `"properties":{"token":{"type":"string"},`, 1))
	case "declares a voucher unsafe and tries its luck":
		d.Operations[7].Recovery = ports.RecoveryUnsafe
	case "answers messages by a redirect":
		d.Callbacks.Status = 302
	case "answers messages with a body of no type":
		d.Callbacks.MediaType = ""
	case "has a subscription bring what opens the account":
		d.Callbacks.Granted = []string{"api_key"}
	case "does not say how messages are answered":
		d.Callbacks = nil
	case "requires a setting that it did not":
		d.Settings = json.RawMessage(strings.Replace(settingsSchema, `"type":"object",`, `"type":"object","required":["shop"],`, 1))
	}
}

// session is one call of the hub.
type session struct {
	*acorn
	client *upstream.Client
	conn   ports.Connection
	grant  int
	reads  bool
}

// open reads the connection of a call that reads, or writes.
func (a *acorn) open(ctx context.Context, call ports.Call, reads bool) (*session, error) {
	a.calls.Add(1)
	conn := call.Connection
	if a.is("remembers the first connection") {
		a.mu.Lock()
		if a.first == nil {
			a.first = &conn
		}
		conn = *a.first
		a.mu.Unlock()
	}
	var settings struct{ Shop string }
	if err := json.Unmarshal(conn.Settings, &settings); err != nil && !a.is("ignores settings that make no sense") {
		return nil, ports.WithUsage(fault.Invalid(codeSettings, "settings", "the settings do not follow their schema"), ports.Usage{})
	}
	key := conn.Credentials["api_key"]
	if key == "" && !a.is("sends requests without credentials") {
		return nil, ports.WithUsage(fault.New(codeLogin, fault.Auth, "the API key is missing"), ports.Usage{})
	}
	switch a.broken {
	case "logs a credential":
		sdk.Logger(ctx).Info("calling", "key", key)
	case "logs a credential in its URL":
		sdk.Logger(ctx).Info("calling https://api.oak.example/?key=" + url.QueryEscape(key))
	case "prints":
		fmt.Fprintln(os.Stdout, "calling oak")
	case "leaks a goroutine for each call":
		go func() { select {} }()
	case "calls another host":
		if os.Getenv("HTTP_PROXY") == "" {
			break // a test has no business on the network
		}
		if resp, err := http.Get("http://tracker.example/"); err == nil {
			_ = resp.Body.Close()
		}
	}
	s := &session{acorn: a, conn: conn, grant: call.Grant, reads: reads}
	given := call
	given.Connection = conn
	if a.is("ignores its grant") && reads {
		given.Grant = 1000
	}
	s.client = upstream.New(upstream.Config{
		Hosts:     []string{oakHost},
		Transport: a.transport(),
		Authorize: func(h http.Header) { h.Set("Authorization", "Bearer "+key) },
		Classify:  s.classify,
	}, given)
	return s, nil
}

// transport follows redirects in the connector that does.
func (a *acorn) transport() http.RoundTripper {
	if !a.is("follows redirects with credentials") {
		return nil
	}
	return following{}
}

type following struct{}

func (following) RoundTrip(r *http.Request) (*http.Response, error) {
	return (&http.Client{}).Do(r)
}

// classify is upstream.Classify but for what is broken.
func (s *session) classify(req upstream.Request, answer upstream.Answer) *fault.Error {
	f := upstream.Classify(req, answer)
	if f == nil {
		return nil
	}
	as := func(class fault.Class) *fault.Error {
		changed := *f
		changed.Class = class
		return &changed
	}
	if answer.Status == http.StatusInternalServerError && !s.reads {
		s.failed500.Store(true)
	}
	switch {
	case s.is("takes refused credentials for an outage") && answer.Status == 401,
		s.is("takes credentials that are refused to lines for an outage") && answer.Status == 401 && strings.Contains(req.URL, "/lines?"),
		s.is("takes a missing right for a mistake") && answer.Status == 403,
		s.is("takes a read that failed for a mistake") && answer.Status == 500 && s.reads:
		return as(fault.Validation)
	case s.is("takes a refusal of a write for an outage") && answer.Status == 429 && !s.reads:
		return as(fault.Temporary)
	case s.is("takes a 500 of a write for a refusal") && answer.Status == 500 && !s.reads:
		return as(fault.NotSent)
	}
	return f
}

// get reads one answer into into.
func (s *session) get(ctx context.Context, path string, into any) (upstream.Answer, error) {
	return s.do(ctx, http.MethodGet, path, nil, into)
}

func (s *session) do(ctx context.Context, method, path string, body, into any) (upstream.Answer, error) {
	if s.is("ignores its context") && s.reads {
		ctx = context.WithoutCancel(ctx)
	}
	req := upstream.Request{Method: method, URL: oakHost + path}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return upstream.Answer{}, err
		}
		req.Body = text
	}
	return s.send(ctx, req, into)
}

func (s *session) send(ctx context.Context, req upstream.Request, into any) (upstream.Answer, error) {
	answer, err := s.client.Do(ctx, req)
	if s.is("tries refused credentials again") {
		for answer.Status == http.StatusUnauthorized && s.client.Left() > 0 {
			answer, err = s.client.Do(ctx, req)
		}
	}
	if err != nil {
		if f := fault.Of(err); f != nil && s.is("repeats what the remote system says") {
			repeated := *f
			repeated.Reason += ": " + string(answer.Body)
			err = &repeated
		}
		return answer, s.failed(s.misjudge(err, answer.Status))
	}
	if into == nil {
		return answer, nil
	}
	if err := json.Unmarshal(answer.Body, into); err != nil && !s.is("takes a web page for an empty list") {
		class := fault.Temporary
		if req.Writes() {
			class = fault.Unknown
		}
		return answer, s.failed(fault.New(codeAnswer, class, "the answer is not what was asked for").From(fault.Upstream))
	}
	return answer, nil
}

// misjudge is what broken connectors make of a transport error.
func (s *session) misjudge(err error, status int) error {
	f := fault.Of(err)
	as := func(class fault.Class) error {
		changed := *f
		changed.Class = class
		return &changed
	}
	switch {
	case f == nil:
	case s.is("takes a cut connection for a mistake") && f.Code == upstream.CodeCutOff && s.reads:
		return as(fault.Validation)
	case s.is("takes half an answer for a mistake") && f.Code == upstream.CodeCutOff && status != 0 && s.reads,
		s.is("takes half an answer to a write for a refusal") && f.Code == upstream.CodeCutOff && status != 0 && !s.reads:
		return as(fault.Validation)
	case s.is("takes a write whose time ended for one that was not sent") && errors.Is(err, context.Canceled) && !s.reads:
		return as(fault.NotSent)
	case s.is("takes an unreachable system for an outage") && f.Code == upstream.CodeUnreachable:
		return as(fault.Temporary)
	case s.is("takes a write that was cut off for one that was not sent") && f.Code == upstream.CodeCutOff && !s.reads:
		return as(fault.NotSent)
	case s.is("does not say how long to wait") && f.Class == fault.RateLimited:
		changed := *f
		changed.RetryAfter = 0
		return &changed
	}
	return err
}

// failed joins the cost to an error.
func (s *session) failed(err error) error {
	if s.is("does not count what failed") {
		return err
	}
	usage := s.client.Usage()
	if s.is("does not say how long to wait") {
		usage.RetryAfter = 0
	}
	return ports.WithUsage(err, usage)
}

// missing says that an answer lacks the list that it is there for.
func (s *session) missing() error {
	return s.failed(fault.New(codeAnswer, fault.Temporary, "the answer lacks its list").From(fault.Upstream))
}

func (a *acorn) Verify(ctx context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.VerifyReport{}, err
	}
	var me struct{ Name string }
	if _, err := s.get(ctx, "/me", &me); err != nil {
		return ports.VerifyReport{}, err
	}
	var chart struct{ Accounts []string }
	if _, err := s.get(ctx, "/accounts", &chart); err != nil {
		return ports.VerifyReport{}, err
	}
	if a.is("writes when it verifies") {
		s.reads = false
		if _, err := s.do(ctx, http.MethodPost, "/vouchers", oakVoucher{Rows: []oakVoucherRow{{"1930", 100}}}, nil); err != nil {
			return ports.VerifyReport{}, err
		}
	}
	report := ports.VerifyReport{AccountID: "7", AccountName: me.Name, Checks: []ports.Check{{Name: "login", State: ports.CheckOK}}}
	if a.is("has a check without a name") {
		report.Checks = append(report.Checks, ports.Check{State: ports.CheckOK})
	}
	for _, want := range req.Expect["account"] {
		check := ports.Check{Name: "account " + want, State: ports.CheckOK}
		if !contains(chart.Accounts, want) && !a.is("verifies blindly") {
			check.State = ports.CheckFailed
		}
		report.Checks = append(report.Checks, check)
	}
	if me.Name == "" {
		return ports.VerifyReport{}, s.missing()
	}
	if chart.Accounts == nil {
		return ports.VerifyReport{}, s.missing()
	}
	report.Capabilities = a.rights(chart.Accounts)
	report.Usage = s.client.Usage()
	return report, nil
}

// rights says what the account may use: who sees the chart of accounts may book.
func (a *acorn) rights(chart []string) []ports.CapabilityCheck {
	said := ports.CapabilityCheck{Capability: ports.CapabilityVouchers, State: ports.CapabilityVerified, Detail: strconv.Itoa(len(chart)) + " accounts can be booked on"}
	switch a.broken {
	case "says what it may do of another system":
		said.Capability = "acme.teleport"
	case "says twice what it may do":
		return []ports.CapabilityCheck{said, said}
	case "refuses a capability without a reason":
		said.State, said.Detail = ports.CapabilityRefused, ""
	}
	return []ports.CapabilityCheck{said}
}

func contains(list []string, want string) bool {
	for _, one := range list {
		if one == want {
			return true
		}
	}
	return false
}
