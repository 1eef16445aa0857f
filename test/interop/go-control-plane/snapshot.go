package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	// Messages that proto-JSON can name in "@type" are those that are linked in.
	_ "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/fault/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

// document is a snapshot as a test sends it. Version is that of every resource type; resources are proto-JSON with "@type".
type document struct {
	Version   string            `json:"version"`
	Resources []json.RawMessage `json:"resources"`
}

func readSnapshot(body io.Reader) (*cache.Snapshot, error) {
	var sent document
	if err := json.NewDecoder(body).Decode(&sent); err != nil {
		return nil, err
	}
	byType := map[string][]types.Resource{}
	for index, raw := range sent.Resources {
		var packed anypb.Any
		if err := protojson.Unmarshal(raw, &packed); err != nil {
			return nil, fmt.Errorf("resources[%d]: %w", index, err)
		}
		message, err := packed.UnmarshalNew()
		if err != nil {
			return nil, fmt.Errorf("resources[%d]: %w", index, err)
		}
		byType[packed.GetTypeUrl()] = append(byType[packed.GetTypeUrl()], message)
	}
	// Fails on a type that is no xDS resource.
	return cache.NewSnapshot(sent.Version, byType)
}
