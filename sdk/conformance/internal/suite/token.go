package suite

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeToken: the simulator gives no access token for the plan's credentials.
const CodeToken fault.Code = "conformance.no_token"

// accessToken is the credential by which a connector with OAuth gets its token.
const accessToken = "access_token"

// buyToken obtains a token as the hub does, from the simulator at base.
func buyToken(ctx context.Context, declared ports.OAuth, credentials map[string]string, base string) (string, error) {
	at, err := url.Parse(declared.TokenURL)
	if err != nil {
		return "", noToken(err)
	}
	config := clientcredentials.Config{
		ClientID: credentials[declared.ClientID], ClientSecret: credentials[declared.ClientSecret],
		TokenURL: base + at.Path, Scopes: declared.Scopes, AuthStyle: oauth2.AuthStyleInHeader,
	}
	extra := http.Header{}
	for name, template := range declared.Headers {
		for credential, value := range credentials {
			template = strings.ReplaceAll(template, "{"+credential+"}", value)
		}
		extra.Set(name, template)
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: adding(extra)})
	token, err := config.Token(ctx)
	if err != nil {
		return "", noToken(err)
	}
	return token.AccessToken, nil
}

func noToken(err error) error {
	return fault.New(CodeToken, fault.Auth, "the simulator gives no access token for the credentials of the plan").
		WithField("credentials").WithRemedy("give the plan the credentials of the world").Wrap(err)
}

// adding adds headers to every request.
type adding http.Header

// RoundTrip implements http.RoundTripper.
func (a adding) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	for name, values := range a {
		req.Header[name] = values
	}
	return http.DefaultTransport.RoundTrip(req)
}
