package rest

import (
	"cmp"
	"context"
	"io"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/incident"
)

func (s *server) GetSupportBundle(ctx context.Context, r api.GetSupportBundleRequestObject) (api.GetSupportBundleResponseObject, error) {
	subject := incident.Subject{
		Connection: r.Params.Connection, Payout: r.Params.Payout, Run: r.Params.Run, Exception: r.Params.Exception, Connector: r.Params.Connector,
	}
	archive, size, err := spooled("kvitt-support-*.zip", func(w io.Writer) error { return s.Incidents.Export(ctx, subject, w) })
	if err != nil {
		return nil, err
	}
	name := cmp.Or(subject.Connection, subject.Payout, subject.Run, subject.Exception, subject.Connector)
	return api.GetSupportBundle200ApplicationZipResponse{
		Body: archive, ContentLength: size,
		Headers: api.GetSupportBundle200ResponseHeaders{ContentDisposition: attached("kvitt-support-" + plainName(name) + ".zip")},
	}, nil
}
