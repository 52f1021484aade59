// Package api holds what is generated from openapi.yaml: the types of requests
// and answers and the routing to their handlers. See GET /docs of a running hub.
package api

//go:generate go tool -modfile=../../../.tools/go.mod oapi-codegen -config config.yaml ../openapi.yaml
