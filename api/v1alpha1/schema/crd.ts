import { GROUP, VERSION } from "../constants/group.ts";
import type { KindDefinition } from "./kinds.ts";

/** Kept from the Go operator: tools that compare CRDs look at it. */
const GENERATOR = { "controller-gen.kubebuilder.io/version": "v0.20.1" };

export function crdName(definition: KindDefinition): string {
  return `${definition.plural}.${GROUP}`;
}

/**
 * The CustomResourceDefinition of a kind, as plain JSON. Nothing at the root is required, neither is `spec`: objects
 * stored by an older operator must stay readable.
 */
export function buildCrd(definition: KindDefinition) {
  const { kind, plural, shortName, description, columns, spec, status } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: crdName(definition), annotations: GENERATOR },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [shortName] },
      scope: "Namespaced",
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description,
              properties: {
                apiVersion: {
                  type: "string",
                  description: `Version of the schema of this object: ${GROUP}/${VERSION}.`,
                },
                kind: { type: "string", description: `What this object is: ${kind}.` },
                metadata: { type: "object" },
                spec,
                status,
              },
            },
          },
        },
      ],
    },
  };
}
