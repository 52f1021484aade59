package rest

import (
	"context"
	"io"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/catalogue"
	"github.com/kvitt/kvitt/ports"
)

// Fleet is the versions of connectors as this hub runs them.
type Fleet interface {
	// VersionStatus fails with catalogue.CodeVersionUnknown for one that is not loaded.
	VersionStatus(connector, version string) (ports.VersionStatus, error)
	// Log and Failures give the last lines of a version's log and the last calls that
	// failed, oldest first.
	Log(connector, version string) ([]ports.LogEntry, error)
	Failures(connector, version string) ([]ports.CallFailure, error)
	// Running is the version that serves a connection, empty if none does.
	Running(connector, connectionID string) string
	// Node names this hub.
	Node() string
}

// Incoming keeps programs that are not installed yet.
type Incoming interface {
	Save(ctx context.Context, sha256 string, from io.Reader) (int64, error)
	Sent(sha256 string) (path string, err error)
	Laid(name string) (path string, err error)
	Forget(sha256 string) error
}

func (s *server) ListConnectorVersions(ctx context.Context, r api.ListConnectorVersionsRequestObject) (api.ListConnectorVersionsResponseObject, error) {
	versions, wanted, err := s.Versions.List(ctx)
	if err != nil {
		return nil, err
	}
	answer := api.ListConnectorVersions200JSONResponse{Items: []api.ConnectorVersion{}}
	for _, v := range versions {
		if v.Connector == r.ID {
			answer.Items = append(answer.Items, s.versionAnswer(v, wanted))
		}
	}
	if len(answer.Items) == 0 {
		return nil, errNotInstalled(r.ID)
	}
	return answer, nil
}

func (s *server) ListInstalledVersions(ctx context.Context, _ api.ListInstalledVersionsRequestObject) (api.ListInstalledVersionsResponseObject, error) {
	versions, wanted, err := s.Versions.List(ctx)
	if err != nil {
		return nil, err
	}
	answer := api.ListInstalledVersions200JSONResponse{Items: []api.ConnectorVersion{}}
	for _, v := range versions {
		answer.Items = append(answer.Items, s.versionAnswer(v, wanted))
	}
	return answer, nil
}

func errNotInstalled(connector string) error {
	return fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector \""+connector+"\" is installed").WithRemedy("see GET /v1/connectors for those that are")
}

func (s *server) GetConnectorVersion(ctx context.Context, r api.GetConnectorVersionRequestObject) (api.GetConnectorVersionResponseObject, error) {
	answer, err := s.oneVersion(ctx, r.ID, r.Version)
	return api.GetConnectorVersion200JSONResponse(answer), err
}

// oneVersion tells everything of one version.
func (s *server) oneVersion(ctx context.Context, connector, version string) (api.ConnectorVersion, error) {
	v, err := s.Versions.Version(ctx, connector, version)
	if err != nil {
		return api.ConnectorVersion{}, err
	}
	_, wanted, err := s.Versions.List(ctx)
	if err != nil {
		return api.ConnectorVersion{}, err
	}
	answer := s.versionAnswer(v, wanted)
	answer.Name, answer.Protocol, answer.Hosts, answer.Conformance = v.Description.Name, v.Description.Protocol, catalogue.Hosts(v.Description), v.Conformance
	for _, capability := range v.Description.Capabilities {
		answer.Capabilities = append(answer.Capabilities, string(capability))
	}
	return answer, nil
}

func (s *server) versionAnswer(v ports.InstalledVersion, wanted []ports.Wanted) api.ConnectorVersion {
	answer := api.ConnectorVersion{
		Connector: v.Connector, Version: v.Version, Sha256: v.SHA256, Size: v.Size, Origin: api.ConnectorVersionOrigin(v.Origin),
		ConformanceLevel: v.Level, Pinned: []string{}, InstalledAt: v.InstalledAt, InstalledBy: v.InstalledBy,
	}
	if v.Signature != (ports.Signature{}) {
		answer.Signature = &api.VersionSignature{Key: v.Signature.Key, Comment: v.Signature.Comment, Waiver: v.Signature.Waiver}
	}
	for _, w := range wanted {
		switch {
		case w.Connector != v.Connector || w.Version != v.Version:
		case w.ConnectionID == "":
			answer.Wanted = true
		default:
			answer.Pinned = append(answer.Pinned, w.ConnectionID)
		}
	}
	answer.Nodes = []api.NodeVersion{s.nodeAnswer(v, answer.Wanted)}
	return answer
}

// nodeAnswer tells how a version runs here, and why it does not serve where it is wanted.
func (s *server) nodeAnswer(v ports.InstalledVersion, wanted bool) api.NodeVersion {
	node := api.NodeVersion{Node: s.Fleet.Node(), State: api.NodeVersionStateMissing, Calls: api.CallCounts{Faults: []api.FaultCount{}}}
	status, err := s.Fleet.VersionStatus(v.Connector, v.Version)
	if err != nil {
		if missing := s.Versions.Missing(v.Connector, v.Version); missing != nil {
			err = missing
		}
		node.Reason = err.Error()
		return node
	}
	node.State, node.Serves, node.Pid = api.NodeVersionState(status.State), status.Serves, status.PID
	if status.Draining {
		node.State = api.NodeVersionStateDraining
	}
	node.Reason = status.LastExit
	if wanted && !status.Serves {
		node.Reason = "it is not served by yet: see GET /v1/connectors/{id}/swaps"
	}
	node.UptimeSeconds, node.Restarts, node.RetryAt = status.Uptime.Seconds(), status.Restarts, moment(status.RetryAt)
	node.InFlight, node.Memory, node.MemoryLimit = status.Calls.InFlight, status.Memory, status.MemoryLimit
	node.Calls = callsAnswer(status.Calls)
	return node
}

func callsAnswer(c ports.CallCounts) api.CallCounts {
	answer := api.CallCounts{
		Total: c.Total, Failed: c.Failed, Refused: c.Refused, P50Ms: millis(c.Median), P99Ms: millis(c.Slow), MaxMs: millis(c.Slowest), Faults: []api.FaultCount{},
	}
	for _, f := range c.Faults {
		answer.Faults = append(answer.Faults, api.FaultCount{Class: string(f.Class), Source: api.FaultCountSource(f.Source), Count: f.Count})
	}
	return answer
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *server) RemoveConnectorVersion(ctx context.Context, r api.RemoveConnectorVersionRequestObject) (api.RemoveConnectorVersionResponseObject, error) {
	if err := s.Versions.Remove(ctx, r.ID, r.Version, r.Params.Reason, by(ctx)); err != nil {
		return nil, err
	}
	return api.RemoveConnectorVersion204Response{}, nil
}

func (s *server) ResetConnectorVersion(ctx context.Context, r api.ResetConnectorVersionRequestObject) (api.ResetConnectorVersionResponseObject, error) {
	if err := s.Swaps.Release(ctx, r.ID, r.Version, r.Body.Reason, by(ctx)); err != nil {
		return nil, err
	}
	answer, err := s.oneVersion(ctx, r.ID, r.Version)
	return api.ResetConnectorVersion200JSONResponse(answer), err
}

// usualLines is how many lines of a log are shown if the caller does not say.
const usualLines = 200

func (s *server) GetConnectorLog(_ context.Context, r api.GetConnectorLogRequestObject) (api.GetConnectorLogResponseObject, error) {
	lines, err := s.Fleet.Log(r.ID, r.Version)
	if err != nil {
		return nil, err
	}
	most := r.Params.Limit
	if most == 0 {
		most = usualLines
	}
	answer := api.GetConnectorLog200JSONResponse{Items: []api.LogLine{}}
	for _, l := range lines[max(len(lines)-most, 0):] {
		answer.Items = append(answer.Items, api.LogLine{At: l.At, Level: l.Level, Message: l.Message, Fields: l.Fields})
	}
	return answer, nil
}

func (s *server) ListConnectorErrors(_ context.Context, r api.ListConnectorErrorsRequestObject) (api.ListConnectorErrorsResponseObject, error) {
	failures, err := s.Fleet.Failures(r.ID, r.Version)
	if err != nil {
		return nil, err
	}
	answer := api.ListConnectorErrors200JSONResponse{Items: []api.CallError{}}
	for _, f := range failures {
		answer.Items = append(answer.Items, api.CallError{
			At: f.At, Method: f.Method, ConnectionID: f.ConnectionID, Work: f.Work, TookMs: millis(f.Took),
			Code: string(f.Code), Class: string(f.Class), Source: api.CallErrorSource(f.Source), Reason: f.Reason,
		})
	}
	return answer, nil
}

func (s *server) UploadConnector(ctx context.Context, r api.UploadConnectorRequestObject) (api.UploadConnectorResponseObject, error) {
	size, err := s.Incoming.Save(ctx, r.Sha256, r.Body)
	if large := tooLarge(err); large != nil {
		return nil, large
	}
	if err != nil {
		return nil, err
	}
	return api.UploadConnector200JSONResponse{Sha256: r.Sha256, Size: size}, nil
}

func (s *server) InstallConnector(ctx context.Context, r api.InstallConnectorRequestObject) (api.InstallConnectorResponseObject, error) {
	request := catalogue.Request{
		Origin: ports.OriginUpload, SHA256: r.Body.Sha256, Signature: r.Body.Signature, Waiver: r.Body.WaiveSignature,
		Conformance: r.Body.Conformance, ApproveHosts: r.Body.ApproveHosts, By: by(ctx),
	}
	var err error
	switch {
	case (r.Body.Upload == "") == (r.Body.Path == ""):
		return nil, fault.Invalid(CodeInvalid, "upload", "either an upload or a path is named").WithRemedy("send the program with PUT /v1/connector-uploads/{sha256}, or lay it into the hub's folder for incoming programs")
	case r.Body.Upload != "":
		if request.SHA256 != "" && request.SHA256 != r.Body.Upload {
			return nil, fault.Invalid(CodeInvalid, "sha256", "the upload has another digest")
		}
		request.SHA256 = r.Body.Upload
		request.Path, err = s.Incoming.Sent(r.Body.Upload)
	default:
		request.Origin = ports.OriginPath
		request.Path, err = s.Incoming.Laid(r.Body.Path)
	}
	if err != nil {
		return nil, err
	}
	v, err := s.Versions.Install(ctx, request)
	if err != nil {
		return nil, err
	}
	if r.Body.Upload != "" {
		if err := s.Incoming.Forget(r.Body.Upload); err != nil {
			s.Log.Warn("a program that is installed could not be removed from those that arrived", "sha256", r.Body.Upload, "error", err)
		}
	}
	// What waited for the connector goes on, if it is the first version or was lost.
	if err := s.Swaps.Wake(ctx, v.Connector); err != nil {
		return nil, err
	}
	answer, err := s.oneVersion(ctx, v.Connector, v.Version)
	return api.InstallConnector201JSONResponse(answer), err
}
