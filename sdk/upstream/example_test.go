package upstream_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// connector is the least of a connector that reads something.
type connector struct{ base string }

// session is one call of the hub.
type session struct{ *upstream.Client }

// open gives what Serve opens.
func (c connector) open(call ports.Call) func() (*session, error) {
	return func() (*session, error) {
		return &session{upstream.New(upstream.Config{
			Hosts:     []string{c.base},
			UserAgent: "kvitt-example/1.0.0",
			Authorize: upstream.Bearer(call.Connection.Credentials["access_token"]),
			Classify:  refusals().Classify,
			Retries:   1,
		}, call)}, nil
	}
}

// refusals are the codes that the system documents.
func refusals() upstream.Refusals {
	return upstream.Refusals{
		Read: func(answer upstream.Answer) upstream.Said {
			var body struct {
				Error struct{ Code, Message string }
			}
			_ = json.Unmarshal(answer.Body, &body) // a proxy's page: the status must do
			return upstream.Said{Code: body.Error.Code, Message: body.Error.Message}
		},
		Codes: map[string]upstream.Meaning{
			"year_missing": {Code: "erp.year_missing", Class: fault.Validation, Remedy: "create the financial year"},
		},
	}
}

// Period implements ports.Books.
func (c connector) Period(ctx context.Context, req ports.PeriodRequest) (ports.Period, error) {
	return upstream.Serve(c.open(req.Call), func(s *session) (ports.Period, error) {
		var year struct{ Name string }
		_, err := s.JSON(ctx, upstream.Get(upstream.Address(c.base, nil, "years", req.On.String())), nil, &year, "data")
		return ports.Period{Year: year.Name}, err
	})
}

func Example() {
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/years/2026-03-10" {
			_, _ = fmt.Fprint(w, `{"data":{"name":"2026"}}`)
			return
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprint(w, `{"error":{"code":"year_missing","message":"no year"}}`)
	}))
	defer system.Close()
	c := connector{base: system.URL}
	for _, day := range []string{"2026-03-10", "2031-03-10"} {
		on, _ := civil.Parse(day)
		period, err := c.Period(context.Background(), ports.PeriodRequest{Call: ports.Call{Grant: 2}, On: on})
		fmt.Printf("%q, %d calls, %q\n", period.Year, period.Usage.Calls, fault.CodeOf(err))
	}
	// Output:
	// "2026", 1 calls, ""
	// "", 0 calls, "erp.year_missing"
}
