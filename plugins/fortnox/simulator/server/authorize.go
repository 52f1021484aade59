package server

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

const authorizePath = "/oauth-v1/auth"

// consentPage is where the company's administrator approves or refuses. What was
// asked for is in the address, to which the form is sent.
var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fortnox (simulated)</title></head>
<body><h1>{{.Company}}</h1>
<p>The integration {{.Client}} asks for access{{if .Service}} as a service account{{end}}:</p>
<ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post">
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form></body></html>
`))

// request is what an integration asks the company for.
type request struct {
	state, redirect  string
	scopes           []string
	service, offline bool
}

// readRequest refuses what cannot be asked for, in the words of the page. Where the redirect address itself
// may be wrong, nobody is sent there.
func (s *Server) readRequest(query url.Values, noServiceAccounts bool) (asked request, refusal string) {
	asked = request{
		state: query.Get("state"), redirect: query.Get("redirect_uri"), scopes: strings.Fields(query.Get("scope")),
		service: query.Get("account_type") == "service", offline: query.Get("access_type") == "offline",
	}
	target, err := url.Parse(asked.redirect)
	switch {
	case query.Get("client_id") != s.tokens.clientID:
		return request{}, "The client id supplied is invalid"
	case query.Get("response_type") != "code":
		return request{}, "Invalid or missing response type"
	case asked.state == "":
		return request{}, "The state parameter is required"
	case err != nil || target.Host == "" || target.Fragment != "":
		return request{}, "The redirect URI provided is missing or does not match"
	case query.Has("account_type") && !asked.service:
		return request{}, "Invalid account type"
	case asked.service && noServiceAccounts:
		return request{}, "Client does not allow service account"
	case len(asked.scopes) == 0:
		return request{}, "The scope is missing"
	}
	for _, scope := range asked.scopes {
		if !slices.Contains(allScopes(), scope) {
			return request{}, "An unsupported scope was requested"
		}
	}
	return asked, ""
}

// decide gives the address to which the administrator's browser goes on.
func (s *Server) decide(asked request, approve bool) string {
	answer := url.Values{"state": {asked.state}}
	if approve {
		answer.Set("code", s.consent.put(s.consent.codes, approval{
			scopes: asked.scopes, redirect: asked.redirect, offline: asked.offline, expires: s.now().Add(codeLife),
		}))
	} else {
		answer.Set("error", "access_denied")
		answer.Set("error_description", "The resource owner denied the request")
	}
	separator := "?"
	if strings.Contains(asked.redirect, "?") {
		separator = "&"
	}
	return asked.redirect + separator + answer.Encode()
}

// authorize shows the page and takes the decision.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	asked, refusal := s.readRequest(r.URL.Query(), s.company.Switches.NoServiceAccounts)
	name := s.company.Profile.Name
	s.mu.Unlock()
	if refusal != "" {
		http.Error(w, refusal, http.StatusBadRequest)
		return
	}
	switch {
	case r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = consentPage.Execute(w, map[string]any{
			"Company": name, "Client": s.tokens.clientID, "Scopes": asked.scopes, "Service": asked.service,
		})
	case r.Method == http.MethodPost && r.PostFormValue("decision") != "":
		http.Redirect(w, r, s.decide(asked, r.PostFormValue("decision") == "approve"), http.StatusFound)
	default:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

// decideByHand is the page for programs: it takes the address of the page and the
// decision, and gives the address to go on to.
func (s *Server) decideByHand(c *company.Company, r *http.Request) (any, error) {
	var body struct {
		URL     string `json:"url"`
		Approve bool   `json:"approve"`
	}
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	address, err := url.Parse(body.URL)
	if err != nil {
		return nil, err
	}
	asked, refusal := s.readRequest(address.Query(), c.Switches.NoServiceAccounts)
	if refusal != "" {
		return nil, errors.New(refusal)
	}
	return map[string]string{"redirect": s.decide(asked, body.Approve)}, nil
}

// withdraw ends all consent, as an administrator does in Fortnox' own settings.
func (s *Server) withdraw(*company.Company, *http.Request) (any, error) {
	s.consent.mu.Lock()
	defer s.consent.mu.Unlock()
	ended := len(s.consent.refresh)
	clear(s.consent.codes)
	clear(s.consent.refresh)
	return map[string]int{"ended": ended}, nil
}
