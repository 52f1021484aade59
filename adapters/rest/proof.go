package rest

import (
	"bytes"
	"context"
	"net/url"
	"strings"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
)

// ProofSubject is what the token of a proof link is signed for.
func ProofSubject(payoutID string) string { return "proof:" + payoutID }

func (s *server) CreateProofLink(_ context.Context, r api.CreateProofLinkRequestObject) (api.CreateProofLinkResponseObject, error) {
	expires := s.Now().UTC().Add(s.Options.ProofLink)
	token := s.Signer.Sign(ProofSubject(r.ID), expires)
	link := strings.TrimSuffix(s.PublicURL, "/") + "/proof/" + url.PathEscape(r.ID) + "?token=" + url.QueryEscape(token)
	return api.CreateProofLink201JSONResponse{URL: link, ExpiresAt: expires}, nil
}

func (s *server) GetProof(ctx context.Context, r api.GetProofRequestObject) (api.GetProofResponseObject, error) {
	if err := s.Signer.Verify(r.Params.Token, ProofSubject(r.ID), s.Now()); err != nil {
		return nil, fault.New(CodeToken, fault.Auth, "the link has expired or is not for this page").
			WithField("token").WithRemedy("make a new link")
	}
	var page bytes.Buffer
	if err := s.Pages.Render(ctx, &page, r.ID, r.Params.Token, r.Params.After); err != nil {
		return nil, err
	}
	return htmlPage{&page}, nil
}

// htmlPage answers with a page. The generated answer would leave out its
// character set.
type htmlPage struct{ *bytes.Buffer }
