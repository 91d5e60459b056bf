/** Starts one container: decides how it runs, gives it env, files, address and log. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '@kagent/kube';

import type { Container, Service } from '../workloads/objects.ts';
import type { HostPort, PodAddresses } from './addresses.ts';
import type { PodFacts } from './config-source.ts';
import { localPlace, placed } from './container-place.ts';
import type { LocalPlace, PlacedCommand } from './container-place.ts';
import { runArgumentsEnv } from './engine/engine-environment.ts';
import type { EngineFinder } from './engine/container-engine.ts';
import { ensureImage } from './engine/engine-image.ts';
import { startOnEngine } from './engine/start-on-engine.ts';
import { resolveEnvironment } from './environment.ts';
import { expandVariables } from './expand.ts';
import { ImageProblem, planContainer, unknownImage } from './image-rules.ts';
import type { ContainerPlan, PodMode } from './image-rules.ts';
import { rememberProcess } from './leftover-processes.ts';
import { startProcessContainer } from './process-container.ts';
import type { RunningContainer } from './running-container.ts';
import { serviceEnvironment } from './service-environment.ts';
import { startTenantContainer } from './tenant-container.ts';
import type { ContainerContext, ImageRule } from './tenant.ts';
import { checkVolumes, writeVolumes } from './volume-files.ts';
import { mountsOf, readMounted } from './volumes.ts';
import type { VolumeInput } from './volumes.ts';
